"use strict";
const query = document.getElementById("query");
const severity = document.getElementById("severity");
const count = document.getElementById("count");
const rules = [...document.querySelectorAll("#rules li")].map((item) => ({
  item,
  severity: item.dataset.severity,
  text: `${item.textContent} ${item.dataset.words}`.toLowerCase(),
}));

function search() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const rule of rules) {
    const matches =
      (!severity.value || rule.severity === severity.value) &&
      words.every((word) => rule.text.includes(word));
    rule.item.hidden = !matches;
    shown += matches ? 1 : 0;
  }
  count.textContent = `${shown} of ${rules.length}`;
  const address = new URL(location.href);
  address.hash = words.length ? `q=${encodeURIComponent(query.value)}` : "";
  history.replaceState(null, "", address);
}

const asked = location.hash.match(/^#q=(.*)$/);
if (asked) query.value = decodeURIComponent(asked[1]);
query.addEventListener("input", search);
severity.addEventListener("change", search);
search();
