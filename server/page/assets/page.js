// Comfort for those who let scripts run. Nothing here is needed to see anything.
"use strict";

(() => {
  const root = document.documentElement;
  const kept = (() => { try { return localStorage.getItem("theme"); } catch { return null; } })();
  if (kept) root.dataset.theme = kept; // before the first paint

  const ready = () => {
    theme();
    copies();
    counts();
    live();
    keys();
    menus();
    document.querySelectorAll(".nojs").forEach((e) => e.remove());
    document.querySelectorAll("textarea[data-words]").forEach(editor);
  };

  const theme = () => {
    const button = document.querySelector(".theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it lasts as long as the page */ }
    });
  };

  const copies = () => document.querySelectorAll(".copy").forEach((box) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(box.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(box.querySelector("pre"));
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  });

  // The counts of a table come when its rows are there.
  const counts = () => document.querySelectorAll("[data-load]").forEach(async (place) => {
    const link = place.innerHTML;
    place.innerHTML = '<p class="quiet" role="status">Counting…</p>';
    try {
      const answer = await fetch(place.dataset.load);
      if (!answer.ok) throw new Error(answer.status);
      place.innerHTML = await answer.text();
    } catch {
      place.innerHTML = link;
    }
  });

  const live = () => {
    const place = document.querySelector("[data-events]");
    if (!place) return;
    const stream = new EventSource(place.dataset.events);
    stream.addEventListener("run", (e) => { place.innerHTML = e.data; });
    stream.addEventListener("end", () => stream.close());
  };

  const typing = (e) => e.target.closest("input, textarea, select");

  const keys = () => {
    document.querySelector(".keys").hidden = false;
    document.addEventListener("keydown", (e) => {
      if (e.key === "/" && !typing(e) && !e.ctrlKey && !e.metaKey) {
        e.preventDefault();
        document.getElementById("find").focus();
      }
    });
  };

  // A menu closes when one goes elsewhere.
  const menus = () => document.querySelectorAll(".menu").forEach((menu) => {
    document.addEventListener("click", (e) => { if (!menu.contains(e.target)) menu.open = false; });
    menu.addEventListener("keydown", (e) => {
      if (e.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
    });
  });

  // The editor: run with the keyboard, and complete the word before the caret from the
  // tree of the schema. Where there is no word, Tab goes on to the next field.
  const editor = (area) => {
    const words = [...document.querySelectorAll(".tree code, .tree .node > summary")].map((e) => e.firstChild.textContent.trim());
    area.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
        e.preventDefault();
        area.form.requestSubmit();
      } else if (e.key === "Tab" && !e.shiftKey) {
        const part = /[A-Za-z_][A-Za-z0-9_]*$/.exec(area.value.slice(0, area.selectionStart))?.[0];
        const word = part && words.find((w) => w.startsWith(part) && w !== part);
        if (!word) return;
        e.preventDefault();
        area.setRangeText(word.slice(part.length), area.selectionStart, area.selectionEnd, "end");
      }
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
