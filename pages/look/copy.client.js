// Buttons with data-copy copy their value and say so. They are hidden until this runs.
const ready = (root) => root.querySelectorAll('[data-copy]').forEach((button) => (button.hidden = false));
document.addEventListener('click', async ({ target }) => {
  const button = target.closest?.('[data-copy]');
  if (!button) return;
  const { copy, copied } = button.dataset;
  try {
    await navigator.clipboard.writeText(copy);
  } catch {
    const field = document.body.appendChild(document.createElement('textarea'));
    field.value = copy;
    field.select();
    document.execCommand('copy');
    field.remove();
    button.focus();
  }
  const words = button.querySelector('span');
  const before = words.textContent;
  if (before === copied) return;
  words.textContent = copied;
  const live = document.getElementById('live');
  if (live) live.textContent = copied;
  setTimeout(() => (words.textContent = before), 2000);
});
ready(document);
