// Judges by keys: 0-3 grade, n goes to the note, s skips, the arrows lead back and forward.
(() => {
  const bar = document.getElementById("judge-bar");
  const note = document.getElementById("note");
  const BLIND_MS = 300; // a key that comes sooner was meant for the page before
  const ways = { s: "skip", ArrowLeft: "back", ArrowRight: "forward" };
  let ready = false;
  let sent = false;

  const press = (name, value) => {
    const button = bar.querySelector(`button[name="${name}"][value="${value}"]:not(:disabled)`);
    if (button) button.click();
  };

  // A page that comes back from the browser's memory may be sent once more.
  addEventListener("pageshow", () => {
    sent = false;
  });
  bar.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === note) note.blur();
    const isTyping = event.target.closest?.("input, textarea, select");
    if (!ready || isTyping || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const digit = /^(?:Digit|Numpad)([0-3])$/.exec(event.code)?.[1];
    const way = ways[event.code === "KeyS" ? "s" : event.key];
    if (event.code === "KeyN") note.focus();
    else if (digit) press("grade", digit);
    else if (way) press("go", way);
    else return;
    event.preventDefault(); // or the n would be typed into the note, and arrows would scroll
  });
  setTimeout(() => {
    ready = true;
    bar.dataset.keys = "ready";
  }, BLIND_MS);
})();
