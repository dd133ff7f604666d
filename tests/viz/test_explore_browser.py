"""The explore page in a real browser: what it shows, and that every part of it works, keys alone too."""

import json
import math
import re

import numpy as np
import pytest
from viz import chromium, models
from viz.explored import NASTY, broken, model, nastily_named, samples

from tinygraph.rewrites.passes import rewrite
from tinygraph.viz.backprop import backprop
from tinygraph.viz.observe import observe
from tinygraph.viz.text import visible

STEPS = 6
pytestmark = pytest.mark.skipif(chromium.found() is None, reason="no Chromium or Chrome on this machine")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = chromium.Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def subject():
    return model(STEPS)


@pytest.fixture(scope="module")
def path(subject, tmp_path_factory):
    return subject.explore(*samples(STEPS), tmp_path_factory.mktemp("page") / "lstm.html")


def opened(browser, path, **size):
    page = browser.page(path, **size)
    page.wait("document.body.dataset.ready === 'yes'")
    return page


@pytest.fixture
def page(browser, path):
    page = opened(browser, path)
    yield page
    assert page.complaints == []  # of the console, breaches of the policy among them
    assert page.requests == [page.url]
    page.close()


def text(page, selector):
    return page.ask(f"document.querySelector({selector!r}).textContent")


def where(page):
    return page.ask("[tinygraph.forward(), tinygraph.step()]")


def choose_h(page, step=2):
    """Click the cell of a step."""
    index = page.ask(
        "tinygraph.stage().drawings.unrolled.boxes.findIndex("
        f"(b) => b.kind === 'cell' && b.pass === 'forward' && b.step === {step})"
    )
    page.click(f'[data-box="{index}"]')


def test_a_click_shows_formula_numbers_value_gradient_shape_layer_and_step(page, subject):
    choose_h(page)
    said = text(page, "#node")
    assert text(page, "#node h2") == "h₂"
    assert text(page, ".formula") == "h₂ = o₂ ⊙ tanh(c₂)"
    for part in ("Value", "Gradient ∂L/∂h₂", "(1, 4) float32", "layerlstm", "time step2", "passforward"):
        assert part in said
    traced = subject.get_layer("lstm").trace(samples(STEPS)[0])
    first = float(np.asarray(traced["h"])[0, 2, 0])
    assert text(page, ".numbers").endswith(page.ask(f"' = ' + tinygraph.number({first!r})"))
    assert where(page) == [True, 2]


def test_an_element_of_the_strip_puts_its_numbers_into_the_formula(page):
    choose_h(page)
    before = text(page, ".numbers")
    page.click(".values-of canvas")
    assert text(page, ".numbers") != before
    assert page.ask("tinygraph.state.element") == 2


def test_every_series_of_the_page_is_what_the_layer_traces(page, subject):
    x, _ = samples(STEPS)
    traced = subject.get_layer("lstm").trace(x)
    for name in "ifgoch":
        shown = page.ask(
            "(() => { const {declared} = tinygraph.data.stages;"
            f"return tinygraph.data.recurrent[0].series.{name}.map((id) => declared.value(id)); }})()"
        )
        np.testing.assert_array_equal(np.float32(shown), np.asarray(traced[name])[0])


@pytest.fixture(scope="module")
def engine(subject):
    """Every node of the graph as declared and as rewritten, with its value."""
    passes = backprop(subject, *samples(STEPS))
    forms = {"declared": passes.graph.nodes, "rewritten": rewrite(passes.graph).nodes}
    return {form: (nodes, observe(nodes, passes.feeds)) for form, nodes in forms.items()}


@pytest.mark.parametrize("form", ["declared", "rewritten"])
def test_every_value_of_the_page_is_the_engines(page, engine, form):
    nodes, values = engine[form]
    stage = f"tinygraph.data.stages.{form}"
    shown = page.ask(f"Array.from({{length: {stage}.count}}, (_, id) => {stage}.value(id))")
    for node, numbers in zip(nodes, shown, strict=True):
        exact = np.reshape(np.array(numbers, "float64"), node.shape)  # rounded already as the engine rounds
        np.testing.assert_array_equal(exact, values[node].astype("float64"))


def test_contributions_and_their_running_sum_are_the_engines(page, engine):
    nodes, values = engine["declared"]
    weight = page.ask("tinygraph.data.weights[0]")
    parts = {part["step"]: values[nodes[part["nodes"][0]]] for part in weight["parts"]}
    total = np.zeros_like(parts[0])
    for place, step in enumerate(reversed(range(STEPS))):
        total += parts[step]
        page.ask(f"tinygraph.go({{place: {STEPS + place}}})")
        norms = [float(np.linalg.norm(each.astype("float64"))) for each in (parts[step], total)]
        each, running = page.ask(f"{norms}.map((norm) => tinygraph.number(norm))")
        assert text(page, "#bptt-norms .readout") == (
            f"t = {step}: contribution of step t {each} · running sum, from the last step down to t {running}"
        )
        for figure, norm in zip((1, 2), (each, running), strict=True):
            assert text(page, f"#bptt-maps figure:nth-child({figure}) .norm") == f"norm {norm}"
    np.testing.assert_allclose(total, values[nodes[weight["gradient"]]], rtol=1e-5, atol=1e-7)


def test_formulas_with_numbers_put_in_are_right(page, engine):
    nodes, _ = engine["declared"]
    known = {"sigmoid": lambda x: 1 / (1 + math.exp(-x)), "tanh": math.tanh, "__builtins__": {}}
    checked = 0
    for id, node in enumerate(nodes):
        for at in {node.size // 2, node.size - 1}:
            said = page.ask(f"tinygraph.withNumbers(tinygraph.stage(), {id}, {at})")
            if said is None or re.search(r"[⁰¹²³⁴-⁹…\[∞]", said):
                continue  # a leaf, powers of ten, or more terms than are shown
            left, right = said.replace("·", "*").replace("−", "-").rsplit(" = ", 1)
            if set(re.findall(r"[a-z_]+", left)) <= known.keys():
                assert eval(left, known) == pytest.approx(float(right), abs=3e-3, rel=3e-3), said
                checked += 1
    assert checked > 150


def test_it_plays_forward_to_the_last_step_and_stops(page):
    page.ask("document.getElementById('speed').value = '20'")
    page.click("#forward")
    page.wait("document.body.dataset.playing === 'no' && tinygraph.step() === 5")
    assert where(page) == [True, STEPS - 1]
    assert text(page, "#where") == "Forward: t = 5"
    waiting = "document.querySelectorAll('.box.cell.waiting.{}').length"
    assert page.ask(waiting.format("forward")) == 0
    assert page.ask(waiting.format("backward")) == STEPS


def test_it_plays_back_and_the_running_sum_becomes_the_gradient(page):
    page.ask("document.getElementById('speed').value = '20'")
    assert text(page, "#bptt-maps figcaption").startswith("Contribution: none yet")
    page.click("#back")
    page.wait("document.body.dataset.playing === 'no' && tinygraph.step() === 0")
    assert where(page) == [False, 0]
    assert text(page, "#bptt-maps figcaption").startswith("Contribution of t = 0")
    assert text(page, "#bptt-now").startswith(f"All {STEPS} contributions are added: this is ∂L/∂lstm/kernel")
    assert page.ask("document.querySelectorAll('.box.waiting').length") == 0


def test_a_step_back_in_time_adds_one_contribution(page):
    page.ask(f"tinygraph.go({{place: {STEPS}}})")
    sums = "document.querySelectorAll('#bptt-maps figcaption')[1].textContent"
    assert page.ask(sums).startswith(f"Running sum of 1 of {STEPS}")
    page.click("#after")
    assert page.ask(sums).startswith(f"Running sum of 2 of {STEPS}")
    page.click("#before")
    assert page.ask(sums).startswith(f"Running sum of 1 of {STEPS}")


def test_pause(page):
    page.click("#forward")
    page.click("#pause")
    assert page.ask("document.body.dataset.playing") == "no"


def test_keys_alone_play_walk_open_search_and_switch(page):
    page.press("ArrowRight")
    page.press("ArrowRight")
    assert where(page) == [True, 2]
    page.press("End")
    assert where(page) == [False, 0]
    page.press("Home")
    page.press("n")
    first = page.ask("document.activeElement.dataset.box")
    page.press("ArrowRight")
    assert page.ask("document.activeElement.dataset.box") != first
    page.press("Enter")
    assert page.ask("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert page.ask("document.querySelectorAll('#picture [tabindex=\"0\"]').length") == 1
    page.press("o")
    assert "its operations" in text(page, "#crumbs")
    page.press("Escape")
    assert page.ask("tinygraph.state.open") is None
    page.press("s")
    assert text(page, "#form") == "Rewritten"
    page.press("s")
    page.press("/")
    page.write("lstm t3 sigmoid o")
    page.press("ArrowDown")
    page.press("ArrowUp")
    page.press("Enter")
    assert text(page, "#node h2") == "o₃"
    page.press("Escape")


def test_space_plays_and_pauses_and_help_opens_and_closes(page):
    page.press(" ")
    assert page.ask("document.body.dataset.playing") == "yes"
    page.press(" ")
    assert page.ask("document.body.dataset.playing") == "no"
    page.press("?", shift=True)
    assert page.ask("document.getElementById('help').open")
    page.press("Escape")
    page.wait("!document.getElementById('help').open")


def test_everything_that_tab_reaches_has_a_name_and_shows_that_it_has_the_focus(page):
    seen = set()
    for _ in range(60):
        page.press("Tab")
        name, outlined = page.ask(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e);"
            "const shape = e.querySelector?.('.shape');"
            "return [e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent,"
            "s.outlineStyle !== 'none' || (shape && parseFloat(getComputedStyle(shape).strokeWidth) > 3)];"
            "})()"
        )
        if name in seen:
            break
        assert name.strip()
        assert outlined, name
        seen.add(name)
    assert len(seen) > 20


def test_a_heat_map_says_the_number_under_the_mouse_and_under_its_cursor(page):
    page.hover('[data-gate="f"] canvas', 0.99, 0.01)
    said = text(page, '[data-gate="f"] .readout')
    assert said.startswith("f, unit 0, t = 5: 0.")
    page.ask("document.querySelector('[data-gate=\"c\"] canvas').focus()")
    page.press("ArrowRight")
    page.press("ArrowDown")
    assert text(page, '[data-gate="c"] .readout').startswith("c, unit 1, t = 1: ")
    page.press("Enter")
    assert where(page) == [True, 1]
    assert text(page, "#node h2") == "c₁"


def test_a_cell_opens_by_operations_and_goes_along_with_time(page):
    choose_h(page, 1)
    page.click("#open")
    assert text(page, "#crumbs").startswith("lstm, t = 1")
    boxes = page.ask("document.querySelectorAll('#picture .box').length")
    assert boxes > 15
    page.click("#after")
    assert text(page, "#crumbs").startswith("lstm, t = 2")
    assert text(page, "#node h2") == "h₂"
    page.click("#leave")
    assert text(page, "#crumbs") == "Each box is one layer at one time step"


def test_the_charts_have_a_line_for_each_state_and_one_for_the_simple_rnn(page):
    names = page.ask("[...document.querySelectorAll('#flow .legend li')].map((e) => e.textContent)")
    assert names == ["LSTM: ‖∂L/∂hₜ‖", "LSTM: ‖∂L/∂cₜ‖", "SimpleRNN: ‖∂L/∂hₜ‖"]
    page.ask("document.querySelector('#flow .chart').focus()")
    page.press("ArrowRight")
    assert where(page) == [True, 1]
    assert text(page, "#flow .readout").startswith("t = 1: LSTM")
    names = page.ask("[...document.querySelectorAll('#saturation .legend li')].map((e) => e.textContent)")
    assert names == ["i", "f", "g", "o"]


def test_light_and_dark_follow_the_system_and_the_button(page):
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.ask(colour)
    page.prefer(prefers_color_scheme="dark")
    dark = page.ask(colour)
    assert dark != light
    page.click("#theme")
    assert page.ask(colour) == light
    page.prefer()
    page.press("t")
    assert page.ask(colour) == dark


def test_it_moves_at_once_for_who_prefers_less_motion(page):
    duration = "getComputedStyle(document.querySelector('.box')).transitionDuration"
    assert page.ask(duration) != "0s"
    page.prefer(prefers_reduced_motion="reduce")
    assert page.ask(duration) == "0s"


@pytest.mark.parametrize(("width", "height", "scale"), [(700, 500, 2.0), (360, 640, 1.0), (1400, 1000, 1.0)])
def test_nothing_stands_out_at_the_side_in_a_narrow_window_or_at_200_percent(page, width, height, scale):
    page.resize(width, height, scale)
    page.wait("document.documentElement.clientWidth > 0")
    assert page.ask("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_layer_that_goes_back_in_time_is_played_from_its_last_step(browser, tmp_path):
    both = models.both_ways()
    page = opened(browser, both.explore(np.ones((1, 4, 2)), np.ones((1, 1)), tmp_path / "both.html"))
    done = (
        "tinygraph.stage().drawings.unrolled.boxes.flatMap("
        "(b, k) => b.kind === 'cell' && b.pass === 'forward' &&"
        " !document.querySelector(`[data-box='${k}']`).matches('.waiting') ? [`${b.layer} ${b.step}`] : [])"
    )
    page.press("ArrowRight")
    assert sorted(page.ask(done)) == [
        "both/backward_lstm 2", "both/backward_lstm 3", "both/forward_lstm 0", "both/forward_lstm 1",
    ]  # fmt: skip
    assert page.complaints == []
    page.close()


def test_it_prints(page):
    assert page.printed().startswith(b"%PDF")


def test_nan_and_infinity_are_shown_as_such(browser, tmp_path):
    page = opened(browser, broken().explore(*samples(), tmp_path / "nan.html"))
    assert "NaN" in text(page, "#subtitle")
    assert "not finite" in text(page, "#node")
    page.hover('[data-gate="c"] canvas', 0.99, 0.01)
    assert text(page, '[data-gate="c"] .readout').endswith(": NaN")
    assert page.complaints == []
    page.close()


def test_nasty_names_come_out_as_text(browser, tmp_path):
    page = opened(browser, nastily_named().explore(*samples(3), tmp_path / "nasty.html"))
    assert page.ask("document.querySelectorAll('script').length") == 2
    assert page.ask("document.querySelectorAll('#picture :is(b, i, a, img, script, style)').length") == 0
    shown = set(page.ask("[...document.querySelectorAll('#picture .box .label')].map((e) => e.textContent)"))
    names = [json.loads(json.dumps(name)) for name in NASTY]  # two halves of a character become one
    short = [name for name in names if len(visible(name)) <= 20 and "/" not in name]
    assert len(short) > 120
    assert {visible(name) for name in short} <= shown
    page.ask("document.getElementById('search').focus()")
    page.write("</script><b>")
    assert page.ask("document.querySelectorAll('#found [role=option]').length") > 0
    assert text(page, "#title").startswith(visible("<i>&amp;\u2028"))
    assert page.complaints == []
    assert page.requests == [page.url]
    page.close()
