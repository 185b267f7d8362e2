// Chromium may stay at the top of a page that comes quickly, whatever section was asked for.
addEventListener("load", () => {
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (section && !scrollY) section.scrollIntoView();
});

// The theme scrolls the sidebar to where it was on the page before, the open page in view or not.
addEventListener("load", () => {
  const bar = document.querySelector(".bd-sidebar-primary");
  const active = bar?.querySelector(".active > a");
  if (!active) return;
  const frame = bar.getBoundingClientRect(), link = active.getBoundingClientRect();
  const seen = frame.top <= link.top && link.bottom <= frame.bottom;
  if (!seen) bar.scrollTop += link.top - frame.top - frame.height / 3;
});
