// Searches the documentation in the browser: the words of all sections come once, when somebody begins to type.
const field = document.getElementById('search');
const list = document.getElementById('found');
const said = document.getElementById('search-said');
let sections;
const load = async () => {
  sections ??= await (await fetch('/docs/search.json')).json();
  return sections;
};
const score = ({ title, page, text }, words) => {
  let sum = 0;
  for (const word of words) {
    const inTitle = title.toLowerCase().includes(word);
    const inPage = page.toLowerCase().includes(word);
    if (!inTitle && !inPage && !text.toLowerCase().includes(word)) return 0;
    sum += inTitle ? 10 : inPage ? 4 : 1;
  }
  return sum;
};
const find = async () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    list.hidden = true;
    said.textContent = '';
    return;
  }
  const found = (await load())
    .map((section) => ({ section, points: score(section, words) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 12);
  list.replaceChildren(
    ...found.map(({ section: { title, page, href } }) => {
      const item = document.createElement('li');
      const link = item.appendChild(document.createElement('a'));
      link.href = href;
      link.append(title);
      link.appendChild(document.createElement('small')).textContent = page;
      return item;
    }),
  );
  list.hidden = found.length === 0;
  said.textContent = found.length === 0 ? 'Nothing found' : `${found.length} found`;
};
field.addEventListener('input', find);
field.addEventListener('keydown', (event) => {
  const [first] = list.querySelectorAll('a');
  if (event.key === 'Escape') list.hidden = true;
  if (event.key === 'ArrowDown' && first) {
    event.preventDefault();
    first.focus();
  }
  if (event.key === 'Enter' && first) first.click();
});
// On a wide screen the menu is always open; on a phone it opens when it is asked for.
const menu = document.querySelector('details.menu');
if (menu && matchMedia('(min-width: 60rem)').matches) menu.open = true;
