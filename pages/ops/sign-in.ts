/** Where operators sign in. */
import { document, type Page } from '../document.ts';
import { html } from '../html.ts';
import { button, notice } from '../look/components.ts';
import { OPS_LOOK } from './look.ts';
import { withinOwnSite } from './own-site.ts';

/** `next`: where it leads. `problem`: why the attempt before this one failed. */
export function signInPage({
  next,
  name,
  problem,
}: {
  next: string;
  name: string;
  problem: string | null;
}): Page {
  return withinOwnSite(
    document(
      {
        lang: 'en',
        dir: 'ltr',
        title: 'Sign in · Sarraf',
        layout: 'ops-sign-in',
        styles: [OPS_LOOK],
        hasForms: true,
      },
      html`<main class="card">
        <h1>Sarraf operations</h1>
        ${problem === null ? null : html`<div role="alert">${notice('bad', { title: 'You are not signed in', text: `${problem}.` })}</div>`}
        <form method="post" action="/ops/sign-in">
          <input type="hidden" name="next" value="${next}" />
          <div class="field">
            <label for="name">Name</label>
            <input
              id="name"
              name="name"
              value="${name}"
              autocomplete="username"
              autocapitalize="none"
              spellcheck="false"
              maxlength="64"
              required
              autofocus
            />
          </div>
          <div class="field">
            <label for="password">Password</label>
            <input
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              maxlength="1000"
              required
            />
          </div>
          ${button('main', 'Sign in')}
        </form>
        <p class="soft small">
          Forgotten? Whoever runs this installation gives you a new one with
          <code>npm run sarraf -- operators password</code>.
        </p>
      </main>`,
    ),
  );
}
