// Offers, while one types, the profiles whose names are like it: in each field with data-names.
(() => {
  for (const field of document.querySelectorAll("input[data-names]")) {
    const list = document.createElement("datalist");
    list.id = `${field.id}-names`;
    field.after(list);
    field.setAttribute("list", list.id);
    let waiting;
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(async () => {
        const typed = field.value;
        const answer = await fetch(`${field.dataset.names}?q=${encodeURIComponent(typed)}`);
        if (!answer.ok) return;
        const near = await answer.json();
        if (field.value !== typed) return; // a slow answer to what stands there no more
        list.replaceChildren(...near.map(({ id, name }) => new Option(name, id)));
      }, 200);
    });
  }
})();
