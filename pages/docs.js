// One page for all dialects. A token of any of them opens every other, so that signing in once is enough.
'use strict';

const state = { ui: null, shown: '', token: null };
const byId = (id) => document.getElementById(id);

function say(text, wrong = false) {
  byId('who').textContent = text;
  byId('who').className = wrong ? 'wrong' : '';
}

function authorize() {
  if (state.ui && state.token) state.ui.preauthorizeApiKey('bearer', state.token);
}

// Calls go to where the page came from, whatever address the specification names to the world outside.
function hereInstead(server) {
  const url = new URL(server.url, location.origin);
  return { ...server, url: (url.pathname.replace(/\/$/, '')) || '/' };
}

// Swagger UI fills every field in with its example, so that all filters of a list would go out at once, and one
// Idempotency-Key with every call. What may be left out starts empty; its example is told beside it.
function emptyUnlessRequired(spec) {
  const lists = Object.values(spec.paths).flatMap((item) => [item, ...Object.values(item)].map((holder) => holder.parameters ?? []));
  for (const parameter of [...lists.flat(), ...Object.values(spec.components?.parameters ?? {})]) {
    if (parameter.required || parameter.example === undefined) continue;
    parameter.description = `${parameter.description ?? ''} Example: \`${parameter.example}\``.trim();
    delete parameter.example;
  }
}

async function show(name) {
  const response = await fetch(`/openapi/${name}.json`);
  if (!response.ok) {
    byId('doc').textContent = `The specification of ${name} could not be read (${response.status}).`;
    return;
  }
  const spec = await response.json();
  spec.servers = spec.servers.map(hereInstead);
  emptyUnlessRequired(spec);
  state.shown = name;
  byId('spec-json').href = `/openapi/${name}.json`;
  byId('postman').href = `/postman/${name}.json`;
  for (const link of document.querySelectorAll('#dialects a')) {
    if (link.dataset.name === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  byId('doc').replaceChildren();
  state.ui = SwaggerUIBundle({
    spec,
    domNode: byId('doc'),
    presets: [SwaggerUIBundle.presets.apis],
    layout: 'BaseLayout',
    docExpansion: 'list',
    deepLinking: false,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    onComplete: () => setTimeout(authorize, 0),
  });
}

async function listDialects() {
  const dialects = await (await fetch('/docs/dialects.json')).json();
  byId('dialects').replaceChildren(...dialects.map(({ name, about }) => {
    const link = document.createElement('a');
    const word = document.createElement('b');
    const what = document.createElement('span');
    link.href = `#${name}`;
    link.dataset.name = name;
    word.textContent = name;
    // Whose API it is: the first sentence of what its specification says.
    what.textContent = about.split(/\.\s/)[0].replace(/^The API of (.)/, (_, first) => first.toUpperCase());
    link.append(word, what);
    return link;
  }));
  const chosen = () => {
    const name = location.hash.slice(1);
    show(dialects.some((dialect) => dialect.name === name) ? name : dialects[0].name);
  };
  addEventListener('hashchange', chosen);
  chosen();
}

byId('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  try {
    const response = await fetch('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: form.email.value, password: form.password.value }),
    });
    const answer = await response.json();
    if (!response.ok) {
      say(response.status === 429
        ? `Too many tries. Wait ${response.headers.get('Retry-After')} seconds.`
        : 'E-mail or password is wrong.', true);
      return;
    }
    state.token = answer.token;
    form.password.value = '';
    byId('sign-out').hidden = false;
    say(`Signed in as ${answer.data.email} for 24 hours: every call sends your token.`);
    authorize();
  } catch {
    say('The server does not answer.', true);
  }
});

byId('sign-out').addEventListener('click', async () => {
  await fetch('/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${state.token}` } });
  state.token = null;
  byId('sign-out').hidden = true;
  say('Signed out.');
  state.ui?.authActions.logout(['bearer']);
});

listDialects();
