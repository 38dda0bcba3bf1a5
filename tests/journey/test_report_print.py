"""The coordination's monthly report on paper."""

import re

from tests.journey.test_other_ends import COORDINATOR

FULL = """() => {
    const body = document.querySelector('#guichets tbody');
    while (body && body.rows.length < 50) body.append(body.rows[0].cloneNode(true));
    return body ? body.rows.length : 0;
}"""


async def test_the_report_of_a_month_prints_on_two_pages_with_as_many_desks_as_it_shows(sit) -> None:
    coordinator = await sit(COORDINATOR)
    await coordinator.open("/tableau")
    await coordinator.page.get_by_role("link", name="Rapport du mois").click()
    assert await coordinator.page.evaluate(FULL) in (0, 50)
    pdf = await coordinator.page.pdf(format="A4", prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 2
