// The page without its map: light and dark, the contents, tables that sort and filter, printing.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const folded = (text) =>  // "Dürer" is found by "durer"
    text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  function schemes(button) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const shown = () => root.classList.contains("dark") ||
      (dark.matches && !root.classList.contains("light"));
    const tell = () => {
      button.querySelector("span").textContent = shown() ? "Light" : "Dark";  // what it leads to
      document.dispatchEvent(new Event("scheme"));
    };
    const kept = (write) => {  // a page from disk may not be allowed to remember
      try { return write(localStorage); } catch { return null; }
    };
    const choose = (name) => {
      root.classList.remove("light", "dark");
      if (name) root.classList.add(name);
      kept((store) => store.setItem("artcli-scheme", name ?? ""));
      tell();
    };
    const before = kept((store) => store.getItem("artcli-scheme"));
    choose(before === "light" || before === "dark" ? before : null);
    button.addEventListener("click", () => {
      const next = shown() ? "light" : "dark";
      choose((next === "dark") === dark.matches ? null : next);  // null: as the system has it
    });
    dark.addEventListener("change", tell);
  }

  function contents(links) {
    const sections = links.map((link) => document.querySelector(link.hash));
    const mark = () => {
      const line = innerHeight * 0.3;
      let at = sections.findLastIndex((section) => section.getBoundingClientRect().top <= line);
      if (innerHeight + scrollY >= root.scrollHeight - 2) at = links.length - 1;
      links.forEach((link, place) => {
        if (place !== Math.max(at, 0)) link.removeAttribute("aria-current");
        else if (!link.hasAttribute("aria-current")) {
          link.setAttribute("aria-current", "true");
          const list = link.closest("ol");
          list.scrollTo({ left: link.offsetLeft - list.offsetLeft - 40 });
        }
      });
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
  }

  function sortable(table) {
    const heads = all("th", table);
    const body = table.tBodies[0];
    const inOrder = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
    const value = (row, column) => {
      const cell = row.cells[column];
      return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent;
    };
    const compare = (one, other) => {
      const [blank, otherBlank] = [one === "", other === ""];
      if (blank || otherBlank) return 0;
      return typeof one === "number" && typeof other === "number"
        ? one - other : inOrder.compare(one, other);
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const numbers = head.classList.contains("right");
        const first = numbers ? "descending" : "ascending";
        const second = numbers ? "ascending" : "descending";
        const order = before === first ? second : first;
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const rows = [...body.rows].map((row) => [value(row, column), row]);
        rows.sort(([one], [other]) =>
          (one === "") - (other === "") || sign * compare(one, other));  // blank cells stay last
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  function filtered(sheet) {
    const rows = all("tbody tr", sheet);
    const texts = rows.map((row) => folded(row.textContent));
    const said = sheet.querySelector("output");
    const number = new Intl.NumberFormat("en");
    sheet.querySelector("input").addEventListener("input", (event) => {
      const words = folded(event.target.value).split(/\s+/);
      let shown = 0;
      rows.forEach((row, at) => {
        row.hidden = !words.every((word) => texts[at].includes(word));
        shown += !row.hidden;
      });
      const of = number.format(rows.length);
      said.textContent = !shown ? "no match"
        : shown === rows.length ? `${of} rows` : `${number.format(shown)} of ${of} rows`;
    });
  }

  function printed() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all("details:not([open], .folded)");
      opened.forEach((part) => { part.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
  }

  schemes(document.getElementById("scheme"));
  contents(all("nav a"));
  all(".sheet").forEach((sheet) => {
    sortable(sheet.querySelector("table"));
    filtered(sheet);
  });
  printed();
})();
