// Asks for a list while one types or ticks: after a pause, and no answer overtakes a later one.
(() => {
  const form = document.getElementById("list-form");
  if (!form) return;
  const said = document.getElementById("list-said");
  const rows = document.getElementById("list-rows");
  const facets = document.getElementById("list-facets");
  const deeds = document.getElementById("deeds-form");
  const chosen = deeds.querySelector("[data-chosen]");
  let waiting;
  let asked;

  const query = () => {
    const parts = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...parts]) if (!value && name !== "columns") parts.delete(name);
    return parts;
  };

  const replaceFacets = (html) => {
    const open = [...facets.querySelectorAll("details[open]")].map((one) => one.dataset.facet);
    const focused = document.activeElement?.id;
    facets.innerHTML = html;
    for (const one of facets.querySelectorAll("details")) {
      if (open.includes(one.dataset.facet)) one.open = true;
    }
    if (focused && document.activeElement === document.body) {
      document.getElementById(focused)?.focus();
    }
  };

  const show = (told) => {
    rows.innerHTML = told.rows;
    replaceFacets(told.facets);
    said.textContent = told.said;
    document.querySelector("[data-total]").textContent = told.total_text;
    document.querySelector("[data-back]").value = told.address;
    document.querySelector("[data-asked]").value = told.asked;
    const [, after = ""] = told.address.split("?");
    for (const link of document.querySelectorAll("[data-export], [data-keeps]")) {
      const [path] = link.getAttribute("href").split("?");
      link.setAttribute("href", after ? `${path}?${after}` : path);
    }
    history.replaceState(null, "", told.address);
    count();
  };

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(`${form.dataset.list}?${query()}`, { signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const told = await answer.json();
      if (!signal.aborted) show(told);
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = form.dataset.failed;
    }
  };

  const soon = (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, pause);
  };

  const count = () => {
    const ticked = rows.querySelectorAll("input[name=id]:checked").length;
    chosen.textContent = ticked ? chosen.dataset.text.replace("{}", ticked) : "";
  };

  form.addEventListener("input", (event) => {
    if (event.target.id === "q") soon(200);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "id") count();
    else if (event.target.id !== "q" && event.target.form === form) soon(50);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    asked?.abort();
  });
  if (matchMedia("(max-width: 860px)").matches) form.querySelector("[data-fold]").open = false;
  count();
})();
