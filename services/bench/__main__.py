"""The load generator's process: `python -m services.bench` reads a plan on its standard input, and says what came
back.
"""

import asyncio
import json
import sys
from dataclasses import asdict

from services.bench.load import Plan, send

if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(send(Plan(**json.load(sys.stdin)))))))
