"""Intake: every table as declared in `tables`."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "command",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reply", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("fact", sa.Uuid(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_table(
        "disclosureentry",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("reading", sa.Uuid(), nullable=False),
        sa.Column("handover", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("viewer", sa.Uuid(), nullable=False),
        sa.Column("viewer_organisation", sa.Uuid(), nullable=False),
        sa.Column("desk", sa.Uuid(), nullable=False),
        sa.Column("grant", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("route_version", sa.Integer(), nullable=False),
        sa.Column("categories", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("refusal", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(
        op.f("ix_intake_disclosureentry_handover"), "disclosureentry", ["handover"], unique=False, schema="intake"
    )
    op.create_index(
        op.f("ix_intake_disclosureentry_person"), "disclosureentry", ["person"], unique=False, schema="intake"
    )
    op.create_index(
        op.f("ix_intake_disclosureentry_reading"), "disclosureentry", ["reading"], unique=False, schema="intake"
    )
    op.create_table(
        "fact",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id"),
        schema="intake",
    )
    op.create_index(
        "fact_ref_version",
        "fact",
        ["ref", "version"],
        unique=True,
        schema="intake",
        postgresql_where=sa.text("version > 0"),
    )
    op.create_table(
        "failure",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("fact", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("consumer", "fact"),
        schema="intake",
    )
    op.create_table(
        "inbox",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("fact", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("consumer", "fact"),
        schema="intake",
    )
    op.create_table(
        "intake_outbox",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=Text()), nullable=True),
        sa.Column("attempts_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("deliveries_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("first_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acquired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acquired_token", sa.Uuid(), nullable=True),
        sa.Column("timer_id", sa.String(length=255), nullable=True),
        sa.CheckConstraint("(acquired_token IS NULL) = (acquired_at IS NULL)", name="intake_outbox_lease_ck"),
        sa.PrimaryKeyConstraint("id"),
        schema="intake",
    )
    op.create_index(
        "intake_outbox_leased_idx",
        "intake_outbox",
        ["queue", "next_attempt_at", "id"],
        unique=False,
        schema="intake",
        postgresql_where=sa.text("acquired_token IS NOT NULL"),
    )
    op.create_index(
        "intake_outbox_pending_idx",
        "intake_outbox",
        ["queue", "next_attempt_at", "id"],
        unique=False,
        schema="intake",
        postgresql_where=sa.text("acquired_token IS NULL"),
    )
    op.create_index(
        "intake_outbox_timer_id_uq",
        "intake_outbox",
        ["queue", "timer_id"],
        unique=True,
        schema="intake",
        postgresql_where=sa.text("timer_id IS NOT NULL"),
    )
    op.create_table(
        "parked",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("envelope", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("consumer", "ref", "version"),
        schema="intake",
    )
    op.create_table(
        "person",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("file_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("civility", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("first_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("search", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("scheme", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("postal_address", sa.LargeBinary(), nullable=True),
        sa.Column("safe_times", sa.LargeBinary(), nullable=True),
        sa.Column("referent", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evaluation_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_person_file_number"), "person", ["file_number"], unique=False, schema="intake")
    op.create_index(op.f("ix_intake_person_organisation"), "person", ["organisation"], unique=False, schema="intake")
    op.create_index(op.f("ix_intake_person_phone_hash"), "person", ["phone_hash"], unique=False, schema="intake")
    op.create_index(op.f("ix_intake_person_referent"), "person", ["referent"], unique=False, schema="intake")
    op.create_table(
        "position",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "territory", sa.Text(), server_default=sa.text("current_setting('relais.territory')"), nullable=False
        ),
        sa.PrimaryKeyConstraint("consumer", "ref"),
        schema="intake",
    )
    op.create_table(
        "sharingroute",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("sender_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("basis", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purposes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_table(
        "consentevent",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("grant", sa.Uuid(), nullable=True),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("desk", sa.Uuid(), nullable=True),
        sa.Column("desk_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_consentevent_grant"), "consentevent", ["grant"], unique=False, schema="intake")
    op.create_index(op.f("ix_intake_consentevent_person"), "consentevent", ["person"], unique=False, schema="intake")
    op.create_table(
        "consentgrant",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("recipient_organisation", sa.Uuid(), nullable=False),
        sa.Column("recipient_organisation_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("desk", sa.Uuid(), nullable=False),
        sa.Column("desk_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("contact", sa.Uuid(), nullable=True),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("categories", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("rights", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("interpreter", sa.Boolean(), nullable=False),
        sa.Column("read_back", sa.Boolean(), nullable=False),
        sa.Column("notice_version", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("notice_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_consentgrant_person"), "consentgrant", ["person"], unique=False, schema="intake")
    op.create_table(
        "encounter",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("referent", sa.Uuid(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("present", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_encounter_person"), "encounter", ["person"], unique=False, schema="intake")
    op.create_table(
        "handover",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("sender_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("referent", sa.Uuid(), nullable=False),
        sa.Column("grant", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("right", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("purpose", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient_organisation", sa.Uuid(), nullable=False),
        sa.Column("recipient_organisation_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("recipient_kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("desk", sa.Uuid(), nullable=False),
        sa.Column("desk_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("contact", sa.Uuid(), nullable=False),
        sa.Column("contact_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("assignee", sa.Uuid(), nullable=False),
        sa.Column("route_basis", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("route_version", sa.Integer(), nullable=True),
        sa.Column("convention", sa.Uuid(), nullable=True),
        sa.Column("convention_starts", sa.DateTime(timezone=True), nullable=True),
        sa.Column("convention_ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mode", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("need_summary", sa.LargeBinary(), nullable=True),
        sa.Column("accompaniment", sa.LargeBinary(), nullable=True),
        sa.Column("redirect_of", sa.Uuid(), nullable=True),
        sa.Column("step", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("command", sa.Uuid(), nullable=False),
        sa.Column("refusal", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("readable_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("turn", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("episode", sa.Integer(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(
        "handover_sending",
        "handover",
        ["step"],
        unique=False,
        schema="intake",
        postgresql_where=sa.text("step = 'sending'"),
    )
    op.create_index(op.f("ix_intake_handover_desk"), "handover", ["desk"], unique=False, schema="intake")
    op.create_index(op.f("ix_intake_handover_grant"), "handover", ["grant"], unique=False, schema="intake")
    op.create_index(
        op.f("ix_intake_handover_organisation"), "handover", ["organisation"], unique=False, schema="intake"
    )
    op.create_index(op.f("ix_intake_handover_person"), "handover", ["person"], unique=False, schema="intake")
    op.create_table(
        "presumedright",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("review", sa.Uuid(), nullable=False),
        sa.Column("right", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ground", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_presumedright_person"), "presumedright", ["person"], unique=False, schema="intake")
    op.create_table(
        "situation",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("household", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("children", sa.Integer(), nullable=True),
        sa.Column("housing", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("employment", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("resources_band", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["intake.person.ref"],
        ),
        sa.PrimaryKeyConstraint("person"),
        schema="intake",
    )
    op.create_table(
        "note",
        sa.Column(
            "territory",
            sqlmodel.sql.sqltypes.AutoString(length=40),
            server_default=sa.text("current_setting('relais.territory')"),
            nullable=False,
        ),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("handover", sa.Uuid(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Uuid(), nullable=False),
        sa.Column("desk", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("author", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover"],
            ["intake.handover.ref"],
        ),
        sa.PrimaryKeyConstraint("ref"),
        schema="intake",
    )
    op.create_index(op.f("ix_intake_note_handover"), "note", ["handover"], unique=False, schema="intake")
