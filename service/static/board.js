// Lets a card of the pipeline be dragged to a later stage. It sends the form that the card's page
// has, too; what is refused there (a change by somebody else meanwhile, a question) is shown there.
(() => {
  const form = document.getElementById("drag-form");
  if (!form) return;
  let card = null;
  const column = (target) => target.closest("[data-stage]");
  const may = (place) => card && place && card.dataset.nexts.split(" ").includes(place.dataset.stage);
  const clear = () => {
    for (const one of document.querySelectorAll(".is-open-to, .is-over")) {
      one.classList.remove("is-open-to", "is-over");
    }
  };
  for (const one of document.querySelectorAll("[data-case]")) {
    if (!one.dataset.nexts) continue;
    one.draggable = true;
    for (const link of one.querySelectorAll("a")) link.draggable = false;
    one.addEventListener("dragstart", (event) => {
      card = one;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", one.dataset.case);
      one.classList.add("is-dragged");
      for (const place of document.querySelectorAll("[data-stage]")) {
        if (may(place)) place.classList.add("is-open-to");
      }
    });
    one.addEventListener("dragend", () => {
      one.classList.remove("is-dragged");
      clear();
      card = null;
    });
  }
  for (const place of document.querySelectorAll("[data-stage]")) {
    place.addEventListener("dragover", (event) => {
      if (!may(place)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      place.classList.add("is-over");
    });
    place.addEventListener("dragleave", (event) => {
      if (!place.contains(event.relatedTarget)) place.classList.remove("is-over");
    });
    place.addEventListener("drop", (event) => {
      if (!may(place)) return;
      event.preventDefault();
      form.action = card.dataset.case;
      form.elements.revision.value = card.dataset.revision;
      form.elements.stage.value = column(event.target).dataset.stage;
      form.elements.back.value = `${location.pathname}${location.search}#${card.id}`;
      form.submit();
    });
  }
})();
