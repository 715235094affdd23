// The map: paintings as points or as pictures, found by pointer, touch and keyboard.
"use strict";
(() => {
  const atlas = document.getElementById("atlas");
  if (!atlas) return;
  const data = JSON.parse(document.getElementById(atlas.dataset.numbers).textContent);
  const part = (name) => atlas.querySelector(`[data-part=${name}]`);
  const sky = atlas.querySelector(".sky");
  const canvas = sky.querySelector("canvas");
  const tip = sky.querySelector(".tip");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const folded = (text) =>  // "Dürer" is found by "durer"
    text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();

  const CORNERS = 0.86;
  const SHAPES = [  // in a square from -1 to 1
    "M-1 0a1 1 0 1 0 2 0a1 1 0 1 0-2 0z",
    `M-${CORNERS}-${CORNERS}h1.72v1.72h-1.72z`,
    "M0-1.15 1.1.8H-1.1z",
    "M0-1.2 1.2 0 0 1.2-1.2 0z",
    "M0 1.15 1.1-.8H-1.1z",
    "M-.4-1.1h.8v.7h.7v.8h-.7v.7h-.8v-.7h-.7v-.8h.7z",
    "M0-1.3 .38-.45 1.25-.4 .6 .2 .8 1.1 0 .6-.8 1.1-.6 .2-1.25-.4-.38-.45z",
  ];
  const PATHS = SHAPES.map((shape) => new Path2D(shape));
  const EDGE = 26;  // pixels around the points
  const NEAR = 8;
  const projections = Object.keys(data.places);
  const count = data.points.length;

  const state = {
    places: data.places[projections[0]].slice(), projection: projections[0],
    by: "artist", chosen: null, hinted: null, sought: null, current: -1, pinned: false,
    pictures: false, scale: 1, x: 0, y: 0, width: 0, height: 0, asked: false,
  };
  const sheets = data.sheets.map((address) => {
    const sheet = new Image();
    sheet.addEventListener("load", ask);
    sheet.src = address;
    return sheet;
  });

  // What a painting is
  const artist = (at) => data.artists[data.points[at][0]];
  const kinds = (at) => data.groups[state.by].of[data.points[at][0]];
  const name = (at) => `Painting ${data.points[at][1]}, by ${artist(at).name}`;
  const lit = (at) => {
    const kind = state.hinted ?? state.chosen;
    if (kind !== null) return kinds(at).includes(kind);
    return state.sought === null || state.sought.has(at);
  };
  const place = (at) => [
    EDGE + (state.places[2 * at] * state.scale + state.x) * (state.width - 2 * EDGE),
    EDGE + ((1 - state.places[2 * at + 1]) * state.scale + state.y) * (state.height - 2 * EDGE),
  ];

  // Drawing
  const colour = (variable) => {
    sky.style.color = `var(${variable})`;
    const found = getComputedStyle(sky).color;
    sky.style.color = "";
    return found;
  };
  function ask() {
    if (!state.asked) requestAnimationFrame(draw);
    state.asked = true;
  }
  function draw() {
    state.asked = false;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [sky.clientWidth, sky.clientHeight];
    if (!width) return;
    Object.assign(state, { width, height });
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const [ground, ink, quiet] = ["--raised", "--ink", "--quiet"].map(colour);
    const order = [...Array(count).keys()];
    const some = order.some((at) => !lit(at));
    if (some) order.sort((one, other) => lit(one) - lit(other));
    const look = { pen, ground, ink, quiet, some };
    for (const at of order) if (at !== state.current) mark(look, at, false);
    if (state.current >= 0) mark(look, state.current, true);
    canvas.dataset.drawn = count;
  }
  function mark({ pen, ground, ink, quiet, some }, at, current) {
    const [x, y] = place(at);
    const slack = 60;
    if (x < -slack || y < -slack || x > state.width + slack || y > state.height + slack) return;
    const shown = lit(at);
    const group = data.groups[state.by];
    const kind = kinds(at).includes(state.hinted ?? state.chosen)
      ? state.hinted ?? state.chosen : kinds(at)[0];
    const hue = kind === undefined ? quiet : group.colours[kind];
    if (state.pictures) {
      const side = Math.min(84, pictureSide() * (current ? 1.5 : 1));
      const [wide, high] = fitted(at, side);
      pen.globalAlpha = shown || current ? 1 : 0.12;
      if (current || (some && shown)) {
        pen.fillStyle = current ? ink : hue;
        pen.fillRect(x - wide / 2 - 2, y - high / 2 - 2, wide + 4, high + 4);
      }
      drawThumb(pen, at, x - wide / 2, y - high / 2, wide, high);
    } else {
      const size = pointSize() * (current ? 1.7 : some && shown ? 1.2 : 1);
      pen.save();
      pen.translate(x, y);
      pen.scale(size, size);
      const path = PATHS[kind === undefined ? 0 : group.shapes[kind]];
      pen.globalAlpha = shown || current ? 1 : 0.16;
      pen.fillStyle = hue;
      pen.strokeStyle = current ? ink : ground;
      pen.lineWidth = (current ? 2.4 : 0.8) / size;
      pen.fill(path);
      if (current || shown) pen.stroke(path);
      pen.restore();
    }
    pen.globalAlpha = 1;
  }
  const crowd = () => Math.sqrt(state.width * state.height / count);
  const pointSize = () => Math.min(7, Math.max(2.2, crowd() * 0.2) * Math.sqrt(state.scale) ** 0.8);
  const pictureSide = () => Math.min(64, Math.max(15, crowd() * 1.15) * state.scale ** 0.75);
  const fitted = (at, side) => {
    const form = data.points[at][2];
    return form > 1 ? [side, side / form] : [side * form, side];
  };
  function drawThumb(pen, at, x, y, width, height) {
    const each = data.across * data.across;
    const sheet = sheets[Math.floor(at / each)];
    if (!sheet.complete) return;
    const [down, along] = [Math.floor((at % each) / data.across), at % data.across];
    pen.imageSmoothingQuality = "high";
    pen.drawImage(sheet, along * data.side, down * data.side, data.side, data.side,
      x, y, width, height);
  }
  function paintThumb(target, at, side) {
    const ratio = devicePixelRatio || 1;
    const [wide, high] = fitted(at, side);
    target.width = Math.round(wide * ratio);
    target.height = Math.round(high * ratio);
    target.style.width = `${wide}px`;
    target.style.height = `${high}px`;
    drawThumb(target.getContext("2d"), at, 0, 0, target.width, target.height);
    target.dataset.painting = data.points[at][1];
  }

  // Going to a painting
  function goTo(at, spoken = false) {
    const changed = at !== state.current;
    state.current = at;
    tip.hidden = at < 0;
    if (at >= 0) {
      if (changed) {
        paintThumb(tip.querySelector("canvas"), at, 140);
        tip.querySelector("b").textContent = artist(at).name;
        tip.querySelector("p span").textContent =
          [data.points[at][1], artist(at).about].filter(Boolean).join(" · ");
        neighbours(at);
      }
      placeTip(at);
      if (spoken) part("said").textContent = name(at);
    }
    if (changed) ask();
  }
  function placeTip(at) {
    const [x, y] = place(at);
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const gap = 16;
    const left = x + gap + width <= state.width ? x + gap : x - gap - width;
    tip.style.translate = `${Math.max(4, Math.min(left, state.width - width - 4))}px ` +
      `${Math.max(4, Math.min(y - height / 2, state.height - height - 4))}px`;
  }
  function letNeighboursGo() {
    atlas.querySelector(".near").hidden = true;
  }
  function neighbours(at) {
    const [x, y] = place(at);
    const near = [...Array(count).keys()].filter((other) => other !== at)
      .map((other) => [Math.hypot(place(other)[0] - x, place(other)[1] - y), other])
      .sort(([one], [other]) => one - other).slice(0, NEAR).map(([, other]) => other);
    atlas.querySelector(".near").hidden = !near.length;
    atlas.querySelector(".near h3").textContent =
      `Neighbours of ${artist(at).name} ${data.points[at][1]}`;
    part("near").replaceChildren(...near.map((other) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = name(other);
      button.setAttribute("aria-label", name(other));
      const small = document.createElement("canvas");
      paintThumb(small, other, 50);
      button.append(small);
      button.addEventListener("click", () => {
        goTo(other, true);
        state.pinned = true;
        canvas.focus({ preventScroll: true });
      });
      return button;
    }));
  }
  function at(x, y, reach) {
    let [best, found] = [reach, -1];
    for (let other = 0; other < count; other += 1) {
      if (!lit(other)) continue;
      const [px, py] = place(other);
      const far = Math.hypot(px - x, py - y);
      if (far < best) [best, found] = [far, other];
    }
    return found;
  }
  function step(across, down) {
    if (state.current < 0) return at(state.width / 2, state.height / 2, Infinity);
    const [x, y] = place(state.current);
    let [best, found] = [Infinity, state.current];
    for (let other = 0; other < count; other += 1) {
      if (other === state.current || !lit(other)) continue;
      const [px, py] = place(other);
      const along = (px - x) * across + (py - y) * down;
      const aside = Math.abs((px - x) * down - (py - y) * across);
      if (along <= 0 || aside > 1.2 * along) continue;
      const cost = along + 2 * aside;
      if (cost < best) [best, found] = [cost, other];
    }
    return found;
  }

  // Moving the view
  function zoom(factor, x = state.width / 2, y = state.height / 2) {
    const before = state.scale;
    state.scale = Math.min(24, Math.max(1, before * factor));
    const [u, v] = [(x - EDGE) / (state.width - 2 * EDGE), (y - EDGE) / (state.height - 2 * EDGE)];
    state.x = u - (u - state.x) * state.scale / before;
    state.y = v - (v - state.y) * state.scale / before;
    settle();
  }
  function settle() {
    for (const axis of ["x", "y"]) {
      state[axis] = Math.min(0, Math.max(1 - state.scale, state[axis]));
    }
    canvas.classList.toggle("zoomed", state.scale > 1);
    if (state.current >= 0) placeTip(state.current);
    ask();
  }
  function intoView(point) {
    const [x, y] = place(point);
    const [width, height] = [state.width - 2 * EDGE, state.height - 2 * EDGE];
    if (x < EDGE || x > state.width - EDGE) state.x += (state.width / 2 - x) / width;
    if (y < EDGE || y > state.height - EDGE) state.y += (state.height / 2 - y) / height;
    settle();
  }

  // Pointers
  const held = new Map();
  let travelled = 0;
  const spot = (event) => {
    const frame = canvas.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  };
  const reach = () => state.pictures ? Math.max(14, pictureSide() * 0.7) : 14;
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, spot(event));
    travelled = 0;
    canvas.setPointerCapture(event.pointerId);
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = spot(event);
    if (!held.has(event.pointerId)) {
      if (!state.pinned) goTo(at(x, y, reach()));
      return;
    }
    const [fromX, fromY] = held.get(event.pointerId);
    const others = [...held].filter(([id]) => id !== event.pointerId).map(([, where]) => where);
    held.set(event.pointerId, [x, y]);
    travelled += Math.hypot(x - fromX, y - fromY);
    if (others.length) {
      const [ox, oy] = others[0];
      const before = Math.hypot(fromX - ox, fromY - oy);
      if (before) zoom(Math.hypot(x - ox, y - oy) / before, (x + ox) / 2, (y + oy) / 2);
    } else if (state.scale > 1) {
      state.x += (x - fromX) / (state.width - 2 * EDGE);
      state.y += (y - fromY) / (state.height - 2 * EDGE);
      settle();
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      held.delete(event.pointerId);
      canvas.classList.toggle("held", held.size > 0);
      if (end === "pointercancel" || travelled > 6) return;
      const found = at(...spot(event), event.pointerType === "mouse" ? reach() : 26);
      state.pinned = found >= 0 && !(state.pinned && found === state.current);
      goTo(found, true);
      if (found < 0) letNeighboursGo();
    });
  }
  canvas.addEventListener("pointerleave", () => { if (!state.pinned) goTo(-1); });
  canvas.addEventListener("dblclick", (event) => zoom(2, ...spot(event)));
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;  // the page scrolls
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 180), ...spot(event));
  }, { passive: false });

  // Keys
  const ARROWS = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) {
      const next = step(...ARROWS[event.key]);
      if (next >= 0) {
        goTo(next, true);
        state.pinned = true;
        intoView(next);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      if (state.current < 0) goTo(step(0, 0), true);
      choose(state.chosen === null && state.current >= 0 ? kinds(state.current)[0] ?? null : null);
    } else if (event.key === "Escape") {
      state.pinned = false;
      goTo(-1);
      letNeighboursGo();
      choose(null);
    } else if (event.key === "+" || event.key === "=") zoom(1.5);
    else if (event.key === "-") zoom(1 / 1.5);
    else if (event.key === "0") zoom(0);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => { if (state.pinned) { state.pinned = false; goTo(-1); } });

  // The bar and the legend
  function project(name) {
    const [from, to] = [state.places.slice(), data.places[name]];
    state.projection = name;
    for (const button of part("projections").children) {
      button.setAttribute("aria-pressed", button.textContent === name);
    }
    goTo(-1);
    letNeighboursGo();
    const [start, length] = [performance.now(), still.matches ? 0 : 700];
    const move = (now) => {
      if (state.projection !== name) return;
      const t = length ? Math.min(1, Math.max(0, (now - start) / length)) : 1;
      const eased = t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
      state.places = to.map((value, index) => from[index] + (value - from[index]) * eased);
      draw();
      if (t < 1) requestAnimationFrame(move);
    };
    move(start);
  }
  part("projections").append(...projections.map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-pressed", name === state.projection);
    button.addEventListener("click", () => project(name));
    return button;
  }));
  const WORDS = { artist: "by artist", genre: "by genre", century: "by century" };
  part("colours").append(...Object.keys(data.groups)
    .filter((by) => data.groups[by].names.length)
    .map((by) => new Option(WORDS[by], by)));
  part("colours").addEventListener("change", (event) => {
    Object.assign(state, { by: event.target.value, chosen: null, hinted: null });
    legend();
    seek();
  });
  part("pictures").addEventListener("change", (event) => {
    state.pictures = event.target.checked;
    ask();
  });
  part("find").addEventListener("input", seek);
  function seek() {
    const words = folded(part("find").value.trim());
    const found = (text) => folded(text).includes(words);
    const theirs = data.artists.map((one, at) => found(`${one.name} ${one.about}`) ||
      data.groups[state.by].of[at].some((kind) => found(data.groups[state.by].names[kind])));
    const named = data.points.findIndex(([, id]) => folded(id) === words);
    state.sought = words ? new Set([...Array(count).keys()].filter((at) =>
      at === named || theirs[data.points[at][0]])) : null;
    const kept = new Set([...(state.sought ?? [])].flatMap(kinds));
    part("missed").textContent = state.sought?.size === 0 ? "no match" : "";
    goTo(named);
    if (named >= 0) intoView(named);
    else letNeighboursGo();
    [...part("legend").children].forEach((button, kind) => {
      button.hidden = state.sought !== null && !kept.has(kind);
    });
    choose(null);
  }
  function choose(kind) {
    state.chosen = kind;
    [...part("legend").children].forEach((button, at) =>
      button.setAttribute("aria-pressed", at === kind));
    ask();
  }
  function legend() {
    const group = data.groups[state.by];
    const works = group.names.map(() => 0);
    for (let at = 0; at < count; at += 1) for (const kind of kinds(at)) works[kind] += 1;
    part("legend").replaceChildren(...group.names.map((text, kind) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.title = text;
      button.append(swatch(group.colours[kind], group.shapes[kind]),
        written("name", text), written("works", works[kind].toLocaleString("en")));
      const hint = (shown) => { state.hinted = shown ? kind : null; ask(); };
      button.addEventListener("click", () => choose(state.chosen === kind ? null : kind));
      button.addEventListener("pointerenter", (event) => hint(event.pointerType === "mouse"));
      button.addEventListener("pointerleave", () => hint(false));
      return button;
    }));
  }
  function written(kind, text) {
    const made = document.createElement("span");
    made.className = kind;
    made.textContent = text;
    return made;
  }
  function swatch(fill, shape) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "-1.3 -1.3 2.6 2.6");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", SHAPES[shape]);
    path.setAttribute("fill", fill);
    svg.append(path);
    return svg;
  }
  for (const button of atlas.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom({ in: 1.6, out: 1 / 1.6, none: 0 }[button.dataset.zoom]));
  }

  legend();
  new ResizeObserver(ask).observe(sky);
  document.addEventListener("scheme", ask);
  ask();
})();
