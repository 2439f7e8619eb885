// Keeps what is typed and not sent yet when the page is read in the other language: in this tab
// alone, and until the next page has opened.
(() => {
  const KEY = "typed";
  const { kept: note, answers } = document.currentScript.dataset;
  const OF_THE_PAGE = new Set(["csrf_token", "revision", "base"]);
  const NOT_TYPED = new Set(["hidden", "password", "file", "submit", "button", "reset", "image"]);
  const forms = () => [...document.querySelectorAll('form[method="post"]:not([data-autosave])')];
  const isBox = (one) => one.type === "checkbox" || one.type === "radio";
  const typedIn = (form) =>
    [...form.elements].filter((one) => one.name && !one.disabled && one.type && !NOT_TYPED.has(one.type));
  const pathOf = (form) => new URL(form.getAttribute("action") || "", location.href).pathname;
  const nameOf = (form) => {
    const told = [...form.elements].filter((one) => one.type === "hidden" && !OF_THE_PAGE.has(one.name));
    return JSON.stringify([pathOf(form), ...told.map((one) => [one.name, one.value])]);
  };
  const valueOf = (one) => {
    if (isBox(one)) return one.checked;
    return one.options ? [...one.options].filter((each) => each.selected).map((each) => each.value) : one.value;
  };
  const isChanged = (one) => {
    if (isBox(one)) return one.checked !== one.defaultChecked;
    if (!one.options) return one.value !== one.defaultValue;
    const first = [...one.options].filter((each) => each.defaultSelected);
    const shown = first.length || one.multiple ? first : [...one.options].slice(0, 1);
    return JSON.stringify(shown.map((each) => each.value)) !== JSON.stringify(valueOf(one));
  };
  // Boxes are told apart by their values, other fields of one name by their order.
  const named = (form) => {
    const seen = {};
    return typedIn(form).map((one) => {
      const which = isBox(one) ? `=${one.value}` : `#${(seen[one.name] = (seen[one.name] ?? -1) + 1)}`;
      return [one.name + which, one];
    });
  };
  const keep = (path) => {
    const kept = {};
    for (const form of forms()) {
      const wasSent = answers === "form" && pathOf(form) === location.pathname;
      const some = named(form).filter(([, one]) => wasSent || isChanged(one));
      if (some.length) kept[nameOf(form)] = some.map(([name, one]) => [name, valueOf(one)]);
    }
    if (Object.keys(kept).length) sessionStorage.setItem(KEY, JSON.stringify([path, kept]));
  };
  const put = (one, value) => {
    if (JSON.stringify(valueOf(one)) === JSON.stringify(value)) return false;
    if (isBox(one)) one.checked = value;
    else if (one.options) for (const each of one.options) each.selected = value.includes(each.value);
    else one.value = value;
    one.dispatchEvent(new Event("change", { bubbles: true }));
    for (let at = one.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    return true;
  };
  const giveBack = () => {
    const [path, kept] = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    sessionStorage.removeItem(KEY);
    if (path !== location.pathname) return;
    let count = 0;
    for (const form of forms()) {
      const held = Object.fromEntries(kept[nameOf(form)] ?? []);
      for (const [name, one] of named(form)) if (name in held && put(one, held[name])) count += 1;
    }
    if (!count) return;
    const told = document.createElement("p");
    told.className = "alert alert-info";
    told.setAttribute("role", "status");
    told.textContent = note;
    document.getElementById("main").prepend(told);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a.language");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (link && !elsewhere) keep(new URL(link.href).pathname);
  });
  giveBack();
})();
