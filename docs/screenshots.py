"""Takes the pictures of the documentation: `make screenshots`."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from index import import_file
from profiles.case_moves import move_case
from profiles.cases import CaseStage
from profiles.casework import open_case
from service import create_app
from service.settings import Settings
from service.shortlisting import reasons_of
from service.wiring import Dari

DOCS = Path(__file__).parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = {
    "match-list": "/startups/sonolight/matches?k=10&lang=en",
    "match-list-ko": "/startups/sonolight/matches?k=10&lang=ko",
    "form": "/startups/new?lang=en",
    "form-ko": "/startups/new?lang=ko",
    "startups": "/startups?lang=en",
    "map-ko": "/map?show=partners&lang=ko",
    "pipeline": "/pipeline?lang=en",
    "pipeline-ko": "/pipeline?lang=ko",
    "case": "/cases/1?lang=en",
}


def main() -> None:
    """Serve the catalogue with the example startups, and take each picture."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app(Settings(home=Path(home)))
        dari = app.extensions["dari"]
        import_file(dari.store, dari.writer, DOCS / "examples" / "startups.csv", "startups")
        fill_pipeline(dari)
        server = make_server("127.0.0.1", 0, app)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        take(f"http://127.0.0.1:{server.port}", dari.staff_token)
        server.shutdown()


def fill_pipeline(dari: Dari) -> None:
    """Open cases of the example startups with the first of their lists, at several stages."""
    to = (CaseStage.INTRODUCED, None, CaseStage.MET, CaseStage.POC)
    startups = ("sonolight", "wavegrid", "haeram-robotics", "twinworks")
    for startup, stage in zip(startups, to, strict=True):
        found = dari.matchmaker.match(startup, 5)
        best = found.matches[0].profile.id
        told = reasons_of(dari.matchmaker, found, best)
        case, _ = open_case(dari.store, startup, best, shown_rank=1, reasons=told, owner="Kim")
        if stage:
            move_case(dari.store, case.id, stage)


def take(address: str, token: str) -> None:
    """Take the pictures of `PAGES` as signed-in staff."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(f"{address}/sign-in?token={token}")
        for name, path in PAGES.items():
            page.goto(address + path)
            page.screenshot(path=DOCS / "img" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
