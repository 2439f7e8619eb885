// Loads what stands behind a summary when it is opened for the first time: details with data-load.
(() => {
  for (const details of document.querySelectorAll("details[data-load]")) {
    details.addEventListener("toggle", async () => {
      const place = details.querySelector("[data-loaded]");
      if (!details.open || place.dataset.loaded) return;
      place.dataset.loaded = "asked";
      try {
        const answer = await fetch(details.dataset.load);
        if (!answer.ok) throw new Error(answer.statusText);
        place.innerHTML = await answer.text();
      } catch {
        place.dataset.loaded = ""; // the link to the page stands; opening it again asks again
      }
    });
  }
})();
