// Sets the theme before the first paint; src/app/theme.ts keeps it afterwards.
{
  let chosen;
  try {
    chosen = localStorage.getItem('theme');
  } catch {
    // Storage is switched off: the system's preference holds.
  }
  if (chosen !== 'light' && chosen !== 'dark') {
    chosen = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.dataset.theme = chosen;
}
