"""The search box on the pages of others: their forms, layouts, languages, colours, and shadow roots."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import StandIn, answer_of, console_errors, hit

pytest_plugins = ["tests.support.browser"]

FORM = '<form action="/find"><label>Find <input name="q"></label><button>Go</button></form>'


def show(page: Page, site: StandIn, service: StandIn, body: str, head: str = "", lang: str = "en") -> None:
    """A page of the site; ``HOST`` in it is the service."""
    html = (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Site</title>{head}'
        f'<meta name="viewport" content="width=device-width">'
        f'<script src="HOST/search-box.js" defer></script>{body}</html>'
    )
    site.pages["/"] = html.replace("HOST", service.url)
    page.goto(site.url)


def test_a_form_of_the_page_is_completed_in_place(page: Page, site: StandIn, service: StandIn) -> None:
    site.pages["/find"] = "<!doctype html><title>Found</title>"
    show(page, site, service, f'<glane-search endpoint="HOST">{FORM}</glane-search>')
    box = page.get_by_label("Find")
    expect(box).to_have_attribute("role", "combobox")
    assert page.evaluate("document.querySelector('glane-search').shadowRoot") is None
    box.fill("travail")
    expect(page.get_by_role("option")).to_have_count(3)
    box.press("ArrowDown")
    # Names of elements hold only within one tree: both must be in the page's.
    active = box.get_attribute("aria-activedescendant")
    assert page.evaluate("id => !!document.getElementById(id)", active)
    assert page.evaluate("id => !!document.getElementById(id)", box.get_attribute("aria-controls"))
    box.press("Escape")
    box.press("Enter")
    page.wait_for_url(f"{site.url}/find?q=travail")


def test_a_form_of_the_page_works_without_scripts(
    chromium: Browser, site: StandIn, service: StandIn
) -> None:
    site.pages["/find"] = "<!doctype html><title>Found</title>"
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    show(page, site, service, f'<glane-search endpoint="HOST">{FORM}</glane-search>')
    page.get_by_label("Find").fill("travail")
    page.get_by_label("Find").press("Enter")
    page.wait_for_url(f"{site.url}/find?q=travail")
    context.close()


def test_a_template_lays_out_each_result(page: Page, site: StandIn, service: StandIn) -> None:
    template = (
        '<template slot="result"><b part="name" data-glane="title"></b> by '
        '<i data-glane="contributor"></i> on <i data-glane="site"></i>: <q data-glane="passage"></q> '
        '<small data-glane="url"></small></template>'
    )
    service.answer = lambda question: answer_of(question, hit(1, title="<b>x</b>"), suggestions=[])
    show(page, site, service, f'<glane-search endpoint="HOST">{template}</glane-search>')
    page.get_by_role("combobox").fill("travail")
    option = page.get_by_role("option")
    expect(option).to_have_text(
        "<b>x</b> by Camille Roy on site1.example: Le travail change. https://site1.example/page"
    )
    expect(option.locator("q mark")).to_have_text("travail")


def test_a_page_fills_options_itself(page: Page, site: StandIn, service: StandIn) -> None:
    show(page, site, service, '<glane-search endpoint="HOST"></glane-search>')
    page.evaluate(
        """() => {
          document.querySelector("glane-search").onrender = (result, element) => {
            if (result.bookmark.id === "id2") throw new Error("mistake of the page");
            element.textContent = `Mine: ${result.bookmark.title}`;
          };
        }"""
    )
    page.get_by_role("combobox").fill("travail")
    options = page.get_by_role("option")
    expect(options.nth(1)).to_have_text("Mine: First for travail")
    expect(options.nth(2)).to_contain_text("Title 2")


def test_events_reach_the_page_from_within_shadow_roots(
    page: Page, site: StandIn, service: StandIn
) -> None:
    show(page, site, service, '<div id="host"></div>')
    page.evaluate(
        """endpoint => {
          window.events = [];
          for (const name of ["glane-results", "glane-select"]) {
            document.addEventListener(name, (event) => {
              if (name === "glane-select") event.preventDefault();
              window.events.push([name, event.detail]);
            });
          }
          const box = document.createElement("glane-search");
          box.setAttribute("endpoint", endpoint);
          document.querySelector("#host").attachShadow({ mode: "open" }).append(box);
        }""",
        service.url,
    )
    page.get_by_role("combobox").fill("travail")
    page.get_by_role("option").nth(1).click()
    page.wait_for_timeout(100)
    (first, results), (second, selected) = page.evaluate("window.events")
    assert (first, results["query"], results["total"]) == ("glane-results", "travail", 2)
    assert results["results"][0]["bookmark"]["id"] == "id1"
    assert (second, selected["result"]["bookmark"]["id"]) == ("glane-select", "id1")
    assert selected["url"].startswith("https://site1.example/page#:~:text=")
    assert page.url == f"{site.url}/"


def test_several_boxes_and_a_form_in_a_shadow_root_do_not_mix(
    page: Page, site: StandIn, service: StandIn
) -> None:
    errors = console_errors(page)
    host = (
        '<div><template shadowrootmode="open">'
        f'<style>form {{ color: red }}</style><glane-search endpoint="HOST">{FORM}</glane-search>'
        "</template></div>"
    )
    box = '<glane-search endpoint="HOST"></glane-search>'
    script = '<script src="HOST/v1/search-box.js" defer></script>'
    show(page, site, service, f"{box}{box}{host}{script}")
    boxes = page.get_by_role("combobox")
    expect(boxes).to_have_count(3)
    assert len({boxes.nth(place).get_attribute("aria-controls") for place in range(3)}) == 3
    for place in range(3):
        boxes.nth(place).fill(f"question {place}")
        expect(page.get_by_text(f"First for question {place}")).to_be_visible()
        expect(page.get_by_role("listbox")).to_have_count(1)
        expect(page.locator(".glane-popup:visible")).to_have_css("position", "absolute")
    assert [error for error in errors if "favicon" not in error and "404" not in error] == []


def test_a_box_can_be_moved_and_removed(page: Page, site: StandIn, service: StandIn) -> None:
    errors = console_errors(page)
    show(page, site, service, f'<glane-search endpoint="HOST">{FORM}</glane-search><main></main>')
    page.evaluate("document.querySelector('main').append(document.querySelector('glane-search'))")
    page.get_by_role("combobox").fill("travail")
    expect(page.get_by_role("option")).to_have_count(3)
    page.evaluate(
        """() => {
          const box = document.querySelector("glane-search");
          box.replaceWith(box.cloneNode(true));
        }"""
    )
    page.get_by_role("combobox").fill("autre")
    expect(page.get_by_role("option")).to_have_count(3)
    expect(page.locator(".glane-popup")).to_have_count(1)
    page.evaluate("document.querySelector('glane-search').remove()")
    page.keyboard.press("Escape")
    assert [error for error in errors if "404" not in error] == []


@pytest.mark.parametrize(
    ("lang", "attributes", "button", "count"),
    [
        ("", "", "Chercher", "2 résultats"),
        ("fr-CA", "", "Chercher", "2 résultats"),
        ("en", "", "Search", "2 results"),
        ("fr", 'lang="en"', "Search", "2 results"),
        ("de", 'label-button="Suchen" label-many="{n} Treffer"', "Suchen", "2 Treffer"),
    ],
)
def test_texts_are_in_the_language_of_the_page(
    page: Page, site: StandIn, service: StandIn, lang: str, attributes: str, button: str, count: str
) -> None:
    show(page, site, service, f'<glane-search endpoint="HOST" {attributes}></glane-search>', lang=lang)
    expect(page.get_by_role("button")).to_have_text(button)
    page.get_by_role("combobox").fill("travail")
    expect(page.get_by_role("status")).to_have_text(count)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_narrow_box_at_either_edge_stays_in_a_small_window(
    page: Page, site: StandIn, service: StandIn, direction: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 256})
    box = '<glane-search endpoint="HOST"></glane-search>'
    for edge in ("start", "end"):
        style = "<style>div { display: flex } glane-search { inline-size: 9rem }</style>"
        body = f'<body dir="{direction}"><div style="justify-content: {edge}">{box}</div></body>'
        show(page, site, service, body, style)
        page.get_by_role("combobox").fill("travail")
        expect(page.get_by_role("option").first).to_be_visible()
        left, right, width = page.locator(".glane-popup").evaluate(
            "node => { const { left, right } = node.getBoundingClientRect(); "
            "return [left, right, document.documentElement.scrollWidth]; }"
        )
        assert left >= 0 and right <= 320 and width <= 320


@pytest.mark.parametrize(
    ("attributes", "style", "background"),
    [
        ("", "", "rgb(255, 255, 255)"),
        ("", ":root { color-scheme: light dark }", "rgb(30, 31, 34)"),
        ('theme="dark"', "", "rgb(30, 31, 34)"),
        ('theme="light"', ":root { color-scheme: dark }", "rgb(255, 255, 255)"),
        ('theme="dark"', ":root { --glane-bg: rgb(1, 2, 3) }", "rgb(1, 2, 3)"),
    ],
)
@pytest.mark.parametrize("inner", ["", FORM])
def test_colours_follow_the_page_and_its_properties(
    page: Page, site: StandIn, service: StandIn, attributes: str, style: str, background: str, inner: str
) -> None:
    page.emulate_media(color_scheme="dark")
    body = f'<glane-search endpoint="HOST" {attributes}>{inner}</glane-search>'
    show(page, site, service, body, f"<style>{style}</style>")
    page.get_by_role("combobox").fill("travail")
    expect(page.locator(".glane-popup")).to_have_css("background-color", background)
    assert contrasts(page) == []


def test_forced_colours_show_which_option_is_active(page: Page, site: StandIn, service: StandIn) -> None:
    page.emulate_media(forced_colors="active")
    show(page, site, service, '<glane-search endpoint="HOST"></glane-search>')
    page.get_by_role("combobox").fill("travail")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("combobox").press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_css("outline-style", "solid")


def contrasts(page: Page) -> list[str]:
    """Of every text in the popup, those with less contrast than WCAG's AA asks for."""
    found: list[str] = page.locator(".glane-popup").evaluate(
        """popup => {
          const channel = (value) => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
          };
          const luminance = (color) => {
            const [red, green, blue] = color.match(/[\\d.]+/g).map(Number).map(channel);
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
          };
          const behind = (node) => {
            const color = getComputedStyle(node).backgroundColor;
            return color === "rgba(0, 0, 0, 0)" ? behind(node.parentElement) : color;
          };
          return [...popup.querySelectorAll("*")].filter((node) => {
            const pair = [getComputedStyle(node).color, behind(node)].map(luminance);
            return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) < 4.5;
          }).map((node) => node.className);
        }"""
    )
    return found
