"use strict";
// What scripts add to a page that can be read without: sorting, finding a student, filters.
(() => {
  const all = selector => [...document.querySelectorAll(selector)];
  document.documentElement.classList.add("scripted");
  for (const element of all("[data-scripted]")) element.hidden = false;

  const options = { paging: false, info: false, order: [], autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null } };
  const tables = new Map(all("table.sorts").map(table => [table.id, new DataTable(table, options)]));

  // a filter of a table's rows by what stands in their data-* attributes
  const filter = (id, name, keep) => {
    const table = tables.get(id);
    if (!table) return;
    table.search.fixed(name, keep ? (text, data, index) => keep(table.row(index).node()) : null);
    table.draw();
  };

  // ------------------------------------------------------------------------ find a student
  const box = document.getElementById("find");
  box?.addEventListener("input", () => {
    const wanted = box.value.trim().toLocaleLowerCase();
    const holds = element => (element.dataset.who ?? "").toLocaleLowerCase().includes(wanted);
    for (const id of tables.keys()) {
      if (document.getElementById(id).classList.contains("people")) {
        filter(id, "find", wanted ? holds : null);
      }
    }
    for (const article of all("article")) {
      const names = [...article.querySelectorAll("ul.who li")];
      for (const name of names) name.hidden = !holds(name);
      article.hidden = names.every(name => name.hidden);
      article.querySelector("details.names").open = wanted !== "" && !article.hidden;
    }
    for (const fold of all("details.more")) {
      const found = fold.querySelector("article:not([hidden])") !== null;
      fold.open = wanted !== "" && found;
      fold.hidden = wanted !== "" && !found;
    }
  });

  // ------------------------------------------------------------------------ filters
  const choose = (buttons, chosen) => {
    const was = chosen.getAttribute("aria-pressed") === "true";
    for (const button of buttons) button.setAttribute("aria-pressed", "false");
    chosen.setAttribute("aria-pressed", String(!was));
    return !was;
  };
  const kinds = all("button[data-kind]");
  for (const button of kinds) {
    button.addEventListener("click", () => {
      const kind = button.dataset.kind;
      const on = choose(kinds, button);
      filter("look", "kind", on ? row => row.dataset.kinds.split(" ").includes(kind) : null);
    });
  }
  const columns = all(".column[data-bin]");
  document.querySelector(".histogram")?.setAttribute("role", "group");
  for (const column of columns) {
    const toggle = () => {
      const bin = column.dataset.bin;
      const on = !column.classList.contains("chosen");
      for (const other of columns) {
        other.classList.toggle("chosen", on && other === column);
        other.setAttribute("aria-pressed", String(on && other === column));
      }
      filter("students", "tenth", on ? row => row.dataset.tenth === bin : null);
    };
    column.setAttribute("role", "button");
    column.setAttribute("tabindex", "0");
    column.addEventListener("click", toggle);
    column.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle();
    });
  }
})();
