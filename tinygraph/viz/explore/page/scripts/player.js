/* The tape: forward through time, then back through it (BPTT), by hand or played. */
(function (page) {
  'use strict';
  let timer = null;
  let until = 0;

  const speed = () => Number(page.byId('speed').value);

  function stop() {
    clearInterval(timer);
    timer = null;
    label();
  }

  function tick() {
    if (page.state.place === until) stop();
    else page.go({place: page.state.place + 1});
    if (page.state.place === until) stop();
  }

  function start(from, to) {
    stop();
    until = to;
    page.go({place: from});
    timer = setInterval(tick, 1000 / speed());
    label();
  }

  /* Forward from where it stands, or from the first step where it has gone through; back likewise. */
  page.playForward = () => {
    const {place} = page.state;
    start(place < page.steps - 1 ? place : 0, page.steps - 1);
  };
  page.playBack = () => {
    const {place} = page.state;
    const inside = place >= page.steps && place < 2 * page.steps - 1;
    start(inside ? place : page.steps, 2 * page.steps - 1);
  };

  page.toggle = () => {
    if (timer) stop();
    else if (page.forward()) page.playForward();
    else page.playBack();
  };

  page.move = (by) => {
    stop();
    page.go({place: Math.min(Math.max(page.state.place + by, 0), 2 * page.steps - 1)});
  };

  function label() {
    const way = page.forward() ? 'Forward' : 'Backward through time';
    page.byId('where').textContent = `${way}: t = ${page.step()}`;
    page.byId('pause').disabled = !timer;
    document.body.dataset.playing = timer ? 'yes' : 'no';
  }

  function show() {
    const tape = page.byId('tape');
    tape.value = page.state.place;
    tape.setAttribute('aria-valuetext', `${page.forward() ? 'forward' : 'backward'}, t = ${page.step()}`);
    document.body.dataset.pass = page.forward() ? 'forward' : 'backward';
    label();
  }

  page.setUpPlayer = () => {
    const tape = page.byId('tape');
    tape.max = 2 * page.steps - 1;
    tape.addEventListener('input', () => {
      stop();
      page.go({place: Number(tape.value)});
    });
    const acts = {
      first: () => page.move(-Infinity),
      before: () => page.move(-1),
      forward: page.playForward,
      pause: stop,
      back: page.playBack,
      after: () => page.move(1),
      last: () => page.move(Infinity),
    };
    for (const [id, act] of Object.entries(acts)) page.byId(id).addEventListener('click', act);
    page.byId('speed').addEventListener('change', () => {
      if (timer) start(page.state.place, until);
    });
    page.listen((state, changed) => {
      if (changed.has('place')) show();
    });
    show();
  };
})((globalThis.tinygraph ??= {}));
