"""Pages as their readers meet them: opened from the disk in a real browser, without a network."""

import itertools

import pytest

NAMES = ["tones", "evil", "run"]
_PLAY = """async () => {
  const audio = document.querySelector('audio');
  await audio.play();
  await new Promise(done => audio.addEventListener('timeupdate', () => audio.currentTime > 0.02 && done()));
  const heard = audio.currentTime;
  audio.pause();
  return [heard, audio.duration, audio.error];
}"""
_CONTRASTS = """() => {
  const channel = v => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const read = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = start => {
    let below = [];
    for (let at = start; at; at = at.parentElement) {
      const [r, g, b, a = 1] = read(getComputedStyle(at).backgroundColor);
      if (a > 0) below.push([[r, g, b], a]);
      if (a === 1) break;
    }
    let colour = below.pop()[0];
    for (const [over, a] of below.reverse()) colour = colour.map((v, k) => v * (1 - a) + over[k] * a);
    return colour;
  };
  const low = [];
  for (const at of document.querySelectorAll(
      'h1,h2,h3,p,a,dt,dd,th,td,li,summary,figcaption,small,code,mark,.text,svg text')) {
    if (!at.textContent.trim() || !at.getClientRects().length || at.matches('text.on,text.in')) continue;
    const style = getComputedStyle(at);
    const ink = light(read(at.matches('text') ? style.fill : style.color).slice(0, 3));
    const page = light(behind(at.matches('text') ? at.closest('svg').parentElement : at));
    const ratio = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
    if (ratio < 4.5) low.push([at.tagName, at.className.baseVal ?? at.className, at.textContent.slice(0, 30), ratio]);
  }
  return low;
}"""
# What has the focus, and whether it stands behind what had it before (a player has several stops of its own).
_STEP = """() => {
  const now = document.activeElement, relation = window.before.compareDocumentPosition(now);
  const forward = now === window.before || Boolean(relation & Node.DOCUMENT_POSITION_FOLLOWING);
  window.before = now;
  return [now.tagName, forward];
}"""
_UNNAMED = """() => [...document.querySelectorAll('svg,img,audio,nav,section,[role=region]')]
  .filter(at => !(at.getAttribute('aria-label') || at.getAttribute('alt') || at.getAttribute('aria-labelledby')))
  .map(at => at.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_and_nothing_goes_wrong(name, pages, opened):
    with opened(pages[name]) as tab:
        tab.page.wait_for_load_state("networkidle")
        assert tab.said == []
        assert tab.outside() == []
        broken = "() => [...document.images].filter(i => !i.complete || !i.naturalWidth).length"
        assert tab.page.evaluate(broken) == 0


@pytest.mark.parametrize("name", NAMES)
def test_headings_sections_and_figures_are_there_to_be_seen(name, pages, opened):
    with opened(pages[name]) as tab:
        page = tab.page
        assert page.locator("h1").count() == 1
        assert page.locator("h1").is_visible()
        for link in page.locator("nav a").all():
            target = page.locator(link.get_attribute("href"))
            assert target.is_visible()
            assert target.locator("h2").inner_text() == link.inner_text()
        levels = page.evaluate("() => [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        drawings = page.locator("figure svg, article svg")
        assert drawings.count() >= 3
        assert all(box["width"] > 50 and box["height"] > 15 for box in (d.bounding_box() for d in drawings.all()))
        assert page.locator("main").count() == page.locator("header").count() == page.locator("footer").count() == 1


@pytest.mark.parametrize("name", NAMES)
def test_everything_has_a_name_for_those_who_do_not_see_it(name, pages, opened):
    with opened(pages[name]) as tab:
        assert tab.page.evaluate(_UNNAMED) == []
        assert tab.page.evaluate("() => document.documentElement.lang") == "en"
        ids = tab.page.evaluate("() => [...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids))
        if name == "tones":
            players = tab.page.get_by_label("Listen to")
            assert players.count() == 6
            assert tab.page.get_by_role("img", name="Histogram of waveform").is_visible()


@pytest.mark.parametrize(("name", "seconds"), [("tones", 0.25), ("run", None)])
def test_sounds_play(name, seconds, pages, opened):
    with opened(pages[name]) as tab:
        heard, duration, error = tab.page.evaluate(_PLAY)
        assert error is None
        assert 0 < heard <= duration
        if seconds is not None:
            assert duration == pytest.approx(seconds, abs=0.001)
        assert tab.said == []


def test_markup_in_data_is_text(pages, opened):
    with opened(pages["evil"]) as tab:
        page = tab.page
        assert page.evaluate("() => window.hacked") is None
        shown = page.locator(".text", has_text="<script>window.hacked=1</script>")
        assert shown.count() >= 6
        assert shown.first.is_visible()
        assert page.locator("script, img[src=x], [onerror]").count() == 0
        assert "<script>window.hacked=1</script>" in page.locator("h1").inner_text()
        assert "<script>" in page.get_by_text("licence", exact=True).locator("xpath=..").inner_text()
        assert page.locator("mark").count() > 0  # and the evidence is marked all the same


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_words_stand_out_in_light_and_in_dark(name, scheme, pages, opened):
    with opened(pages[name], color_scheme=scheme) as tab:
        page = tab.page
        red = page.evaluate("() => +getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0]")
        assert red > 200 if scheme == "light" else red < 60
        page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(_CONTRASTS) == []


def test_the_scheme_can_change_while_a_page_is_open(pages, opened):
    with opened(pages["tones"], color_scheme="light") as tab:
        colour = "() => getComputedStyle(document.documentElement).backgroundColor"
        before = tab.page.evaluate(colour)
        tab.page.emulate_media(color_scheme="dark")
        assert tab.page.evaluate(colour) != before


@pytest.mark.parametrize("name", NAMES)
def test_the_keyboard_reaches_links_players_and_numbers_in_order(name, pages, opened):
    with opened(pages[name]) as tab:
        page = tab.page
        place = "() => [document.activeElement.tagName, document.activeElement.textContent.slice(0, 40)]"
        page.keyboard.press("Tab")
        assert page.evaluate(place) == ["A", "Skip to the content"]
        box = page.locator(".skip").bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        tags = []
        page.evaluate("() => { window.before = document.activeElement; }")
        for _ in range(400):
            page.keyboard.press("Tab")
            tag, forward = page.evaluate(_STEP)
            if tag == "BODY":
                break
            assert forward
            tags.append(tag)
        assert tags[-1] != "BODY"
        assert {"A", "SUMMARY"} | ({"AUDIO"} if name != "evil" else set()) <= set(tags)
        assert tags.count("SUMMARY") == page.locator("summary:visible").count()
        assert page.evaluate("() => document.querySelectorAll('[tabindex]:not([tabindex=\"0\"], main)').length") == 0


def test_the_skip_link_leads_to_the_content(pages, opened):
    with opened(pages["tones"]) as tab:
        tab.page.keyboard.press("Tab")
        tab.page.keyboard.press("Enter")
        assert tab.page.evaluate("() => document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [320, 375, 768, 1400])
@pytest.mark.parametrize("name", NAMES)
def test_pages_fit_screens_of_any_width(name, width, pages, opened):
    with opened(pages[name], viewport={"width": width, "height": 700}) as tab:
        tab.page.evaluate("() => document.querySelectorAll('details').forEach(d => d.open = true)")
        assert tab.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_numbers_unfold_by_keyboard(pages, opened):
    with opened(pages["tones"]) as tab:
        summary = tab.page.locator("#factors summary").first
        table = tab.page.locator("#factors details table").first
        assert not table.is_visible()
        summary.focus()
        tab.page.keyboard.press("Enter")
        assert table.is_visible()
        cells = [int(cell.replace(",", "")) for cell in table.locator("td").all_inner_texts()]
        assert sum(cells) == 240
