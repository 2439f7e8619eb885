// Takes the code of a link from behind its #, which no server sees, and clears the address bar.
(() => {
  const field = document.getElementById("token");
  const take = () => {
    const code = decodeURIComponent(location.hash.slice(1));
    if (!/^[a-z2-9-]{20,60}$/.test(code)) return;
    field.value = code;
    history.replaceState(null, "", location.pathname + location.search);
    field.form.querySelector("button").focus();
  };
  addEventListener("hashchange", take);
  take();
})();
