/* Cut into tiles: the mean of their scores moves with the cuts, the score of the added sums does not. */
(() => {
  "use strict";
  const { add, overlap, dice, fixed, html, place, show, slider, choice, chart, strokes } = explorables;
  const { asking, given, cells, legend, mosaic, columns, dot, name, lines, whole } = explorables;

  const [SMALLEST, LARGEST] = [2, 12];
  const EMPTY = [["out", "is left out"], ["1", "counts 1"]];

  asking("cut-into-tiles", {
    question: "Move the cuts. Which number moves: the mean of the tiles’ Dice, or the Dice of their sums, added?",
    options: { mean: "the mean", added: "that of the sums", both: "both" },
    answer: "mean",
    reason: `With all cuts that the sliders can make, the mean lies between ${place("lowest")} and ${place("highest")}. The
      added sums give ${place("merged")} every time: each pixel lies in one tile.`,
    start: { side: "4", offset: "0", empty: "out" },
    valid: ({ side, offset, empty }) => whole(SMALLEST, LARGEST)(side) && whole(0, LARGEST - 1)(offset) && EMPTY.some(([key]) => key === empty),

    build(body, set) {
      const { target: rows = ["#"], prediction = ["#"] } = given("cut-into-tiles");
      const [g, p, width] = [cells(rows), cells(prediction), rows[0].length];
      /** The tile of each pixel, as text. The cuts across stay; those down move by the offset. */
      const tileOf = (side, offset) => g.map((_, i) =>
        `${Math.floor(Math.floor(i / width) / side)},${Math.floor(((i % width) + side - offset) / side)}`);
      const measure = (side, offset, empty) => {
        const tiles = tileOf(side, offset);
        const sums = [...new Set(tiles)].map((tile) => {
          const of = (mask) => mask.filter((_, i) => tiles[i] === tile);
          return overlap(of(p), of(g));
        });
        const scores = sums.map(dice);
        const kept = scores.filter((score) => !Number.isNaN(score));
        const nothing = scores.length - kept.length;
        const counted = empty === "1" ? nothing : 0;
        return { tiles, count: scores.length, nothing, worst: Math.min(...kept),
          mean: (add(kept) + counted) / (kept.length + counted),
          merged: dice(sums.reduce((a, b) => Object.fromEntries(Object.keys(a).map((key) => [key, a[key] + b[key]])))) };
      };
      const SIDES = Array.from({ length: LARGEST - SMALLEST + 1 }, (_, k) => k + SMALLEST);
      const every = (empty) => SIDES.flatMap((side) => Array.from({ length: side }, (_, offset) => measure(side, offset, empty).mean));
      const means = Object.fromEntries(EMPTY.map(([key]) => [key, every(key)]));

      const picture = mosaic("Two masks and the cuts; the numbers follow", width);
      const pixels = (value) => `${value} pixels`;
      const sliders = {
        side: slider({ label: "Side of a tile", name: "side", steps: LARGEST - SMALLEST, value: (k) => String(k + SMALLEST),
          step: (v) => v - SMALLEST, words: pixels, change: (side) => set({ side }) }),
        offset: slider({ label: "Move the cuts to the right", name: "offset", steps: LARGEST - 1, value: String,
          step: Number, words: pixels, change: (offset) => set({ offset }) }),
      };
      const graph = chart({ label: "Both numbers over the side of a tile; the numbers follow", xlabel: "side of a tile, in pixels",
        x: (k) => (k - SMALLEST) / (LARGEST - SMALLEST), ticks: [2, 4, 6, 8, 10, 12].map((k) => [k, String(k)]) });
      graph.node.classList.add("after");
      strokes(graph.node, (event) => set({ side: String(SMALLEST + Math.round((LARGEST - SMALLEST) * graph.across(event))) }));
      const choose = choice("An empty tile", "empty", EMPTY, (empty) => set({ empty }));
      columns(body, [picture.node, legend(), sliders.side.node, sliders.offset.node, choose],
        [lines([["mean", "Mean of the tiles’ Dice", "alarm"], ["merged", "Dice of the added sums", "both"], ["worst", "The worst tile"],
          ["count", "Tiles"], ["nothing", "of them empty"]]), graph.node]);

      return (state) => {
        const [side, offset] = [state.side, state.offset].map(Number);
        for (const [key, part] of Object.entries(sliders)) part.draw(state[key]);
        choose.querySelector(`[value="${state.empty}"]`).checked = true;
        const all = SIDES.map((k) => [k, measure(k, offset, state.empty)]);
        const here = all[side - SMALLEST][1];
        picture.masks(p, g, (i) => {
          const cut = (other) => here.tiles[other] !== here.tiles[i];
          const edges = [[i % width && cut(i - 1), "4px 0"], [i >= width && cut(i - width), "0 4px"]];
          return `box-shadow:${edges.filter(([is]) => is).map(([, way]) => `inset ${way} 0 -1px var(--course-ink)`).join() || "none"}`;
        });
        const curve = (key) => all.map(([k, found]) => [k, found[key]]);
        const low = all[0][1].mean < here.merged;
        graph.layer.replaceChildren(
          graph.line(graph.at(side, 0), graph.at(side, 1), "here"),
          graph.path(curve("merged"), "curve both"), graph.path(curve("mean"), "curve alarm"),
          dot(graph, side, here.merged, "both"), dot(graph, side, here.mean, "alarm"),
          name(graph, SMALLEST, all[0][1].mean, "mean", "start", low ? 22 : -8), name(graph, SMALLEST, here.merged, "added sums", "start", low ? -8 : 22));
        show(body, { ...Object.fromEntries(["mean", "merged", "worst"].map((key) => [key, fixed(here[key])])),
          count: here.count, nothing: here.nothing,
          lowest: fixed(Math.min(...means[state.empty])), highest: fixed(Math.max(...means[state.empty])) });
        return `Mean ${fixed(here.mean)}, of the added sums ${fixed(here.merged)}.`;
      };
    },
  });
})();
