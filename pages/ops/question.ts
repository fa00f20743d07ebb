/** The page before something is done: what will happen, why it is done, and a way back. */
import { html, type Html } from '../html.ts';
import { button, buttonLink, field, notice, type Field } from '../look/components.ts';

interface Asked {
  readonly text: Html;
  readonly fields?: readonly Field[];
  readonly hidden?: Readonly<Record<string, string>>;
  readonly button: { readonly label: string; readonly isDanger: boolean };
  readonly back: string;
  readonly reason?: boolean;
  /** The script sends the file by itself, so that it can be of any size. */
  readonly takesFile?: boolean;
}

interface Filled {
  readonly filled: URLSearchParams;
  readonly form_token: string;
  readonly reasonMax: number;
  readonly problem: {
    readonly text: string;
    readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  } | null;
}

/** The body of the page; its title is the question. */
export function questionBody(asked: Asked, { filled, form_token, reasonMax, problem }: Filled): Html {
  const errorOf = (name: string): string | undefined => {
    const found = problem?.errors.find(({ pointer }) => pointer === `/${name}`);
    return found && `This ${found.detail}.`;
  };
  const complete = (one: Field): Field => {
    const error = errorOf(one.name);
    // Secrets are never sent back.
    const value = one.type === 'password' ? undefined : (filled.get(one.name) ?? one.value);
    return { ...one, ...(value === undefined ? {} : { value }), ...(error === undefined ? {} : { error }) };
  };
  const reason: Field = {
    name: 'reason',
    label: 'Reason',
    type: 'text',
    required: true,
    maxlength: reasonMax,
    hint: 'Kept with your name in the audit trail. No personal data of the customer, please.',
  };
  const fields = [...(asked.fields ?? []), ...(asked.reason === false ? [] : [reason])].map(complete);
  // Whoever has made a mistake goes on where it is.
  const wrong = fields.find(({ error }) => error !== undefined);
  return html`<section class="card question">
    ${problem && html`<div role="alert">${notice('bad', { title: 'Nothing was done', text: problem.text })}</div>`}
    ${asked.text}
    ${
      asked.takesFile === true
        ? html`<noscript
            >${notice('bad', { text: 'Sending a file takes a browser with JavaScript.' })}</noscript
          >`
        : null
    }
    <form method="post" ${asked.takesFile === true ? html`data-upload` : null}>
      <input type="hidden" name="form_token" value="${form_token}" />
      ${Object.entries(asked.hidden ?? {}).map(
        ([name, value]) => html`<input type="hidden" name="${name}" value="${filled.get(name) ?? value}" />`,
      )}
      ${fields.map((one) => field({ ...one, hasFocus: one === wrong }))}
      <div class="buttons">
        ${button(asked.button.isDanger ? 'danger' : 'main', asked.button.label)}
        ${buttonLink('plain', 'Go back', asked.back)}
      </div>
    </form>
  </section>`;
}
