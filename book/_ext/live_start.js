addEventListener("DOMContentLoaded", () => {
  const known = KNOWN;
  const boxes = [...document.querySelectorAll("article .cell_input")];
  const none = location.protocol === "file:" ? known.file : known.no;
  let begun;
  const begin = () => (begun ||= new Promise((done, fail) => {
    const style = { rel: "stylesheet", href: `${known.root}live.css` };
    const script = { src: `${known.root}live.js`, onerror: fail };
    script.onload = () => done(Object.assign(diceLive, diceLiveStart(known, boxes, none)));
    document.head.append(Object.assign(document.createElement("link"), style));
    document.head.append(Object.assign(document.createElement("script"), script));
  }));
  window.diceLive = { run: (...given) => begin().then((live) => live.run(...given)) };
  boxes.forEach((box, i) => {
    if (none.includes(i)) return;
    const press = () => begin().then((live) => live.press(i));
    const button = { type: "button", className: "live-run", textContent: "Run", onclick: press };
    box.append(Object.assign(document.createElement("button"), button));
    box.lastChild.setAttribute("aria-label", `Run cell ${i + 1}`);
  });
});
