// The cards of a table are its rows still.
addEventListener("DOMContentLoaded", () => {
  const roles = {
    "": "table",
    ":is(thead, tbody)": "rowgroup",
    "tr": "row",
    "th:has(> :not(:empty))": "columnheader",
    "td": "cell",
  };
  for (const [tags, role] of Object.entries(roles)) {
    const parts = document.querySelectorAll(`table.cards ${tags}`);
    for (const part of parts) part.setAttribute("role", role);
  }
});
