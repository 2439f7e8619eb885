// Shows how far a job is without loading the page anew; says to screen readers when a stage begins.
(() => {
  const { progress: address, state } = document.currentScript.dataset;
  const PAUSE_MS = 1500;
  const TOLD_MS = 1200; // time for "done" to be heard before the page is loaded anew
  const bar = document.getElementById("job-bar");
  const said = document.getElementById("job-said");
  const count = document.getElementById("job-count");
  const live = document.getElementById("job-live");

  const look = async () => {
    let next = PAUSE_MS;
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) return location.reload();
      const found = await answer.json();
      if (state && !found.over && found.state !== state) return location.reload(); // its turn has come
      bar.max = found.total;
      bar.value = found.done;
      count.textContent = found.total > 1 ? `${found.done}/${found.total}` : "";
      if (said.textContent !== found.said) {
        said.textContent = found.said;
        live.textContent = found.said;
      }
      if (found.over) return setTimeout(() => location.reload(), TOLD_MS);
    } catch {
      next = 4 * PAUSE_MS; // the server may be starting again
    }
    return setTimeout(look, next);
  };
  setTimeout(look, PAUSE_MS);
})();
