/* The price of a miss: where the cost, a Tversky loss of the same price, and Dice begin to mark. */
(() => {
  "use strict";
  const { add, fixed, html, svg, show, slider, chart } = explorables;
  const { asking, given, columns, lines, name, whole } = explorables;

  asking("price-of-a-miss", {
    question: "A miss costs four false pixels, so by cost a pixel is marked above 0.2. From where on does a Tversky loss of this price mark?",
    options: { same: "from 0.2, too", above: "only higher up", below: "lower down" },
    answer: "below",
    reason: "Its threshold is <var>a</var> times its best score, and so it is lower than that of the cost, 1/(1 + <var>k</var>) = <var>a</var>. Now make all pixels less probable: which threshold stays?",
    start: { price: "4", scale: "10" },
    valid: ({ price, scale }) => whole(1, 9)(price) && whole(2, 10)(scale),

    build(body, set) {
      const { count = 1 } = given("price-of-a-miss");
      const sorted = (scale) => Array.from({ length: count }, (_, i) => ((count - i - 0.5) / count) * (scale / 10));
      /** The mask of the most probable pixels with the best index, for weights a and b. */
      const best = (g, a, b) => {
        const all = add(g);
        let [shared, found] = [0, { score: -1 }];
        g.forEach((value, i) => {
          shared += value;
          const score = shared / (shared + a * (i + 1 - shared) + b * (all - shared));
          if (score > found.score) found = { score, marked: i + 1, threshold: a * score };
        });
        return found;
      };
      const rules = (price, scale) => {
        const g = sorted(scale);
        const a = 1 / (1 + price);
        return { g, cost: { threshold: a, marked: g.filter((value) => value > a + 1e-12).length },
          tversky: best(g, a, price * a), dice: best(g, 0.5, 0.5) };
      };

      const sliders = {
        price: slider({ label: "Price of a miss, in false pixels", name: "price", steps: 8, value: (k) => String(k + 1),
          step: (v) => v - 1, words: String, change: (price) => set({ price }) }),
        scale: slider({ label: "All probabilities times", name: "scale", steps: 8, value: (k) => String(k + 2),
          step: (v) => v - 2, words: (v) => fixed(v / 10, 1), change: (scale) => set({ scale }) }),
      };
      const graph = chart({ label: "The probabilities of all pixels in order, and the thresholds; the numbers follow",
        xlabel: "pixels, the most probable first", x: (k) => k / count, ticks: [0, 25, 50, 75, 100].map((k) => [k, String(k)]) });
      graph.node.append(svg("text", { x: 34, y: 4, class: "muted" }, "probability"));
      const RULES = { cost: ["Cost", "alarm"], tversky: ["Tversky loss", "ink"], dice: ["Dice loss", "both"] };
      const key = html(`<p class="legend after"><span><i class="swatch marked"></i>pixels that the Tversky loss marks</span>
        <span><i class="swatch unmarked"></i>the others</span></p>`);
      columns(body, [graph.node, key, sliders.price.node, sliders.scale.node],
        [lines(Object.entries(RULES).flatMap(([key, [words, kind]]) => [
          [`${key}-threshold`, `${words}: marks above`, kind], [`${key}-marked`, "marked pixels"]])),
        lines([["tversky-score", "Best Tversky index"], ["dice-score", "Best Dice"]])]);

      return (state) => {
        const [price, scale] = [state.price, state.scale].map(Number);
        for (const [key, part] of Object.entries(sliders)) part.draw(state[key]);
        const { g, ...found } = rules(price, scale);
        const shown = state.guess !== "none";
        const bars = g.map((value, i) => {
          const [[x, y], [right, bottom]] = [graph.at(i, value), graph.at(i + 0.8, 0)];
          return svg("rect", { x, y, width: right - x, height: bottom - y, class: `bar-of${shown && i < found.tversky.marked ? " on" : ""}` });
        });
        const level = (key, anchor, at, dy) => [
          graph.path([[0, found[key].threshold], [count, found[key].threshold]], `curve ${RULES[key][1]}`),
          name(graph, at, found[key].threshold, RULES[key][0].split(" ")[0], anchor, dy)];
        graph.layer.replaceChildren(...bars, ...(shown ? [
          ...level("cost", "end", count, -8), ...level("dice", "end", 0.72 * count, -8), ...level("tversky", "start", 2, found.tversky.threshold < 0.15 ? -8 : 20)] : []));
        show(body, Object.fromEntries(Object.entries(found).flatMap(([key, { threshold, marked, score }]) => [
          [`${key}-threshold`, fixed(threshold)], [`${key}-marked`, marked], [`${key}-score`, fixed(score ?? NaN)]])));
        return Object.entries(RULES).map(([key, [words]]) => `${words}: ${found[key].marked} pixels, above ${fixed(found[key].threshold)}.`).join(" ");
      };
    },
  });
})();
