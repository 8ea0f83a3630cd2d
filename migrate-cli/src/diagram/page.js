"use strict";
(() => {
    const root = document.documentElement;
    const all = (selector) => Array.from(document.querySelectorAll(selector));
    const byId = (id) => document.getElementById(id);
    root.classList.add("scripted");

    const view = byId("drawing");
    const svg = view.querySelector("svg");
    const width = svg.viewBox.baseVal.width;
    const height = svg.viewBox.baseVal.height;
    const target = (link) => decodeURIComponent(link.getAttribute("href").slice(1));
    const tables = new Map(all("a.table").map((link) => [target(link), link]));
    const entries = new Map(all("nav a").map((link) => [target(link), link]));
    const lines = all("#links path");

    // Zoom: what is in the middle stays there.
    let scale = 1;
    const zoom = (to, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
        const before = scale;
        scale = Math.min(3, Math.max(0.05, to));
        const left = (view.scrollLeft + x) * scale / before - x;
        const top = (view.scrollTop + y) * scale / before - y;
        svg.setAttribute("width", width * scale);
        svg.setAttribute("height", height * scale);
        view.scrollTo(left, top);
    };
    const fitting = () => Math.min(1, view.clientWidth / width, view.clientHeight / height);
    const fit = () => zoom(fitting() * 0.99);
    byId("in").addEventListener("click", () => zoom(scale * 1.25));
    byId("out").addEventListener("click", () => zoom(scale / 1.25));
    byId("fit").addEventListener("click", fit);
    view.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = view.getBoundingClientRect();
        zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });

    // Drag: a press that moves is no click.
    let from = null;
    let moved = false;
    view.addEventListener("pointerdown", (event) => {
        if (event.pointerType !== "mouse" || event.button !== 0) return;
        from = [event.clientX, event.clientY, view.scrollLeft, view.scrollTop];
        moved = false;
    });
    addEventListener("pointermove", (event) => {
        if (!from) return;
        const [x, y] = [event.clientX - from[0], event.clientY - from[1]];
        if (Math.abs(x) + Math.abs(y) < 5 && !moved) return;
        moved = true;
        root.classList.add("dragging");
        view.scrollTo(from[2] - x, from[3] - y);
    });
    addEventListener("pointerup", () => {
        from = null;
        root.classList.remove("dragging");
    });
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    svg.addEventListener("click", (event) => {
        if (moved) event.preventDefault();
        else if (!event.target.closest("a") && location.hash.length > 1) location.hash = "";
        moved = false;
    });

    // The table that the address names, and its neighbours.
    const place = (link) => ["x", "y", "w", "h"].map((key) => Number(link.dataset[key]));
    const choose = () => {
        const id = decodeURIComponent(location.hash.slice(1));
        const chosen = tables.get(id);
        svg.classList.toggle("chosen", Boolean(chosen));
        const near = new Set([id]);
        for (const line of lines) {
            const { from: one, to: other } = line.dataset;
            const is = one === id || other === id;
            line.classList.toggle("near", is);
            if (is) near.add(one).add(other);
        }
        for (const [name, link] of tables) {
            link.classList.toggle("near", near.has(name));
            link.classList.toggle("chosen", name === id);
        }
        for (const [name, link] of entries) {
            if (name === id) {
                link.setAttribute("aria-current", "true");
                link.scrollIntoView({ block: "nearest" });
            } else {
                link.removeAttribute("aria-current");
            }
        }
        if (!chosen) return;
        const [x, y, w, h] = place(chosen);
        const seen = (start, size, at, room) => start * scale >= at && (start + size) * scale <= at + room;
        if (scale < 0.35) zoom(0.8);
        if (!seen(x, w, view.scrollLeft, view.clientWidth) || !seen(y, h, view.scrollTop, view.clientHeight)) {
            view.scrollTo((x + w / 2) * scale - view.clientWidth / 2, (y + h / 2) * scale - view.clientHeight / 2);
        }
    };
    addEventListener("hashchange", () => {
        choose();
        byId("tables").scrollTop = 0;
    });

    // Search: what has all of the words.
    const search = byId("search");
    const items = all("nav li");
    const find = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        let count = 0;
        for (const item of items) {
            const has = words.every((word) => item.dataset.search.includes(word));
            item.classList.toggle("off", !has);
            const table = tables.get(target(item.firstElementChild));
            if (table) table.classList.toggle("found", has);
            count += has ? 1 : 0;
        }
        svg.classList.toggle("searched", words.length > 0);
        byId("none").hidden = count > 0;
    };
    search.addEventListener("input", find);
    search.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
            const first = items.find((item) => !item.classList.contains("off"));
            if (first) location.hash = first.firstElementChild.getAttribute("href");
        }
    });
    addEventListener("keydown", (event) => {
        if (event.key === "/" && document.activeElement !== search) {
            event.preventDefault();
            search.focus();
        } else if (event.key === "Escape") {
            if (search.value) {
                search.value = "";
                find();
            } else if (location.hash.length > 1) {
                location.hash = "";
            }
        }
    });

    // Light or dark, until the page is closed.
    byId("theme").addEventListener("click", () => {
        const dark = matchMedia("(prefers-color-scheme: dark)").matches;
        const now = root.dataset.theme || (dark ? "dark" : "light");
        root.dataset.theme = now === "dark" ? "light" : "dark";
    });

    if (fitting() >= 0.35) fit();
    choose();
    byId("tables").scrollTop = 0;
})();
