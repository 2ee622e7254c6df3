'use strict';
// The page says everything without this script; it adds filters, copying, tooltips and links that unfold what they point to.
(() => {
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));
  const form = one('#filter');
  const findings = all('details.finding').map((element) => ({
    element,
    severity: element.dataset.severity,
    rule: element.dataset.rule,
    peers: (element.dataset.peers || '').split(' '),
    waived: 'waived' in element.dataset,
  }));
  const fields = form && {
    severities: all('[name=severity]', form),
    waived: one('[name=waived]', form),
    rule: one('[name=rule]', form),
    peer: one('[name=peer]', form),
    text: one('[name=text]', form),
  };

  // Hides the findings that the form does not ask for, and says how many are left.
  const apply = () => {
    const severities = fields.severities.filter((box) => box.checked).map((box) => box.value);
    const text = fields.text.value.trim().toLowerCase();
    let shown = 0;
    for (const finding of findings) {
      if (text && finding.text === undefined) finding.text = finding.element.textContent.toLowerCase();
      const is = severities.includes(finding.severity)
        && (!finding.waived || fields.waived.checked)
        && (!fields.rule.value || finding.rule === fields.rule.value)
        && (!fields.peer.value || finding.peers.includes(fields.peer.value))
        && (!text || finding.text.includes(text));
      finding.element.hidden = !is;
      shown += is;
    }
    one('#shown').textContent = `${shown} of ${findings.length} findings shown`;
    one('#nothing').hidden = shown > 0;
    form.classList.toggle('active', shown < findings.length);
  };

  // The state of the form as it stands behind the # of the address: `findings?severity=high&rule=…`.
  const written = () => {
    const state = new URLSearchParams();
    const checked = fields.severities.filter((box) => box.checked);
    if (checked.length < fields.severities.length) state.set('severity', checked.map((box) => box.value).join(','));
    if (fields.waived && !fields.waived.checked) state.set('waived', 'no');
    if (fields.rule.value) state.set('rule', fields.rule.value);
    if (fields.peer.value) state.set('peer', fields.peer.selectedOptions[0].dataset.name);
    if (fields.text.value.trim()) state.set('text', fields.text.value.trim());
    return state.toString();
  };
  const read = (state) => {
    const severity = state.get('severity');
    for (const box of fields.severities) box.checked = severity === null || severity.split(',').includes(box.value);
    if (fields.waived) fields.waived.checked = state.get('waived') !== 'no';
    fields.rule.value = state.get('rule') || '';
    const peer = Array.from(fields.peer.options).find((option) => option.dataset.name === state.get('peer'));
    fields.peer.value = peer ? peer.value : '';
    fields.text.value = state.get('text') || '';
    if (fields.rule.selectedIndex < 0) fields.rule.value = '';
    apply();
  };
  const remember = () => {
    const state = written();
    // A browser may refuse this to a page from disk; the filter works all the same.
    try { history.replaceState(null, '', state ? `#findings?${state}` : '#findings'); } catch { /* not remembered */ }
  };

  // Opens what the address points to, and whatever it is folded into.
  const follow = () => {
    const [target, state] = location.hash.slice(1).split('?');
    if (form && target === 'findings' && state !== undefined) {
      read(new URLSearchParams(state));
      one('#findings').scrollIntoView();
      return;
    }
    const element = target && document.getElementById(decodeURIComponent(target));
    if (!element) return;
    if (element.hidden && form) {
      form.reset();
      read(new URLSearchParams());
    }
    for (let at = element; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    element.scrollIntoView();
    const focus = element.tagName === 'DETAILS' ? one('summary', element) : null;
    if (focus) focus.focus({ preventScroll: true });
  };

  const copy = async (code, button) => {
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand('copy');
    }
    button.textContent = done ? 'copied' : 'press Ctrl+C';
    setTimeout(() => { button.textContent = 'copy'; }, 2000);
  };
  const addButtons = (from) => {
    for (const code of all('code.copy:not(.ready)', from)) {
      code.classList.add('ready');
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'copier';
      button.textContent = 'copy';
      button.setAttribute('aria-label', `Copy ${code.textContent.slice(0, 40)}`);
      button.addEventListener('click', () => copy(code, button));
      code.after(' ', button);
    }
  };

  // What a chart says under the pointer: the row of its table.
  for (const figure of all('figure[data-plot]')) {
    const svg = one('svg', figure);
    const rows = all('tbody tr', figure);
    const heads = all('thead th', figure).map((cell) => cell.textContent);
    const [left, right, total] = figure.dataset.plot.split(' ').map(Number);
    if (!svg || !rows.length || !(right > left)) continue;
    const tip = document.createElement('p');
    tip.className = 'tip';
    tip.hidden = true;
    figure.append(tip);
    svg.addEventListener('pointermove', (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width;
      const column = Math.floor(((x - left) / (right - left)) * total);
      const row = x >= left && x < right ? rows[column] : undefined;
      tip.hidden = !row;
      if (!row) return;
      tip.textContent = Array.from(row.children, (cell, i) => `${heads[i]} ${cell.textContent}`).join(' · ');
      const inFigure = figure.getBoundingClientRect();
      tip.style.left = `${Math.max(0, Math.min(event.clientX - inFigure.left + 12, inFigure.width - tip.offsetWidth))}px`;
      tip.style.top = `${event.clientY - inFigure.top + 16}px`;
    });
    svg.addEventListener('pointerleave', () => { tip.hidden = true; });
  }

  if (form) {
    form.hidden = false;
    const changed = () => { apply(); remember(); };
    form.addEventListener('input', changed);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.addEventListener('reset', () => setTimeout(changed));
    const set = (open) => findings.forEach(({ element }) => { if (!element.hidden || !open) element.open = open; });
    one('#unfold').addEventListener('click', () => set(true));
    one('#fold').addEventListener('click', () => set(false));
  }
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-state]');
    if (!link || !form) return;
    event.preventDefault();
    location.hash = `findings?${link.dataset.state}`;
  });
  addEventListener('hashchange', follow);
  document.addEventListener('toggle', (event) => addButtons(event.target), true);
  all('details[open], #incident').forEach(addButtons);
  if (location.hash) follow();

  // On paper nothing can be opened.
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = all('details.finding:not([open]):not([hidden])');
    closed.forEach((element) => { element.open = true; });
  });
  addEventListener('afterprint', () => closed.forEach((element) => { element.open = false; }));
})();
