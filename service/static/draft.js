// Saves a step by itself a moment after something was typed, and says when it did or could not.
(() => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
    addEventListener("pageshow", () => {
      sent = false;
    });
  }
  for (const details of document.querySelectorAll("details[data-load-now]")) details.open = true;
  const form = document.querySelector("form[data-autosave]");
  if (!form) return;
  const state = document.getElementById("save-state");
  const PAUSE_MS = 1200;
  const RETRY_MS = 8000;
  let timer = 0;
  let dirty = false;
  let leaving = false;
  let running = null;

  const say = (text, kind) => {
    state.textContent = text;
    state.dataset.kind = kind;
  };
  const mark = (errors) => {
    for (const old of form.querySelectorAll(".autosave-error")) old.remove();
    for (const [name, texts] of Object.entries(errors)) {
      const field = document.getElementById(name);
      if (!field || document.getElementById(`${name}-error`)) continue;
      const note = document.createElement("p");
      note.className = "field-errors autosave-error";
      note.textContent = texts.join(" ");
      field.after(note);
    }
  };
  const plan = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };
  async function save() {
    if (!dirty || running || leaving) return;
    dirty = false;
    say(form.dataset.saving, "saving");
    running = fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    try {
      const answer = await running;
      const told = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : null;
      if (answer.status === 409 && told) {
        say(told.message, "failed");
        leaving = true; // the other window's text stays; this one is kept on the page
        return;
      }
      if (!answer.ok || !told) throw new Error(answer.statusText);
      form.elements.saved.value = told.saved;
      if (form.getAttribute("action") !== told.action) {
        form.action = told.action;
        history.replaceState(null, "", told.action);
      }
      mark(told.errors);
      say(form.dataset.saved.replace("{time}", told.at), "saved");
    } catch {
      dirty = true;
      say(form.dataset.unsaved, "failed");
      plan(RETRY_MS);
    } finally {
      running = null;
    }
    if (dirty && state.dataset.kind !== "failed") plan(PAUSE_MS);
  }
  const changed = () => {
    dirty = true;
    plan(PAUSE_MS);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  addEventListener("online", () => plan(0));
  form.addEventListener("submit", async (event) => {
    clearTimeout(timer);
    if (running) {
      // What is on its way would make this form look behind: wait for its answer.
      event.preventDefault();
      const button = event.submitter;
      await running.catch(() => null);
      setTimeout(() => form.requestSubmit(button), 50);
      return;
    }
    leaving = true;
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  addEventListener("beforeunload", (event) => {
    if (dirty && !leaving) event.preventDefault();
  });
  // A suggested sector and its box below are one choice.
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.name !== "sectors") return;
    for (const twin of form.querySelectorAll('input[name="sectors"]')) {
      if (twin.value === box.value) twin.checked = box.checked;
    }
  });
})();
