// Forms with a file: it is sent as it is, beside its fields, and the answer takes the place of the page.
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-upload]')) return;
  event.preventDefault();
  const fields = new FormData(form);
  const address = new URL(location.href);
  let file = null;
  for (const [name, value] of fields) {
    if (value instanceof File) file = value;
    else if (name !== 'form_token') address.searchParams.set(name, value);
  }
  const headers = { 'Content-Type': 'text/csv', 'Sarraf-Form': fields.get('form_token') };
  try {
    const answer = await fetch(address, { method: 'POST', headers, body: file, redirect: 'manual' });
    if (answer.status === 201) return location.assign(answer.headers.get('Location'));
    if (answer.type === 'opaqueredirect') return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    main.replaceChildren(...fresh.getElementById('main').childNodes);
    main.focus();
  } catch {
    document.getElementById('live').textContent = 'The file could not be sent. Try again.';
    setTimeout(() => form.querySelectorAll('button').forEach((one) => (one.disabled = false)));
  }
  delete document.body.dataset.busy;
});
