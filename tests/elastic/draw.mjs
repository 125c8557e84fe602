// Draws a Vega panel as Kibana does, from an answer at hand, to SVG: the answer stands in the place of the request.
//   node draw.mjs FOLDER    draws all panels, full, calm and empty, to look at
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vega from 'vega';
import * as lite from 'vega-lite';
import { objects } from '../../packaging/kibana/build.mjs';
import { answers, calm, clock, empty } from './answers.mjs';

export const panels = objects.filter(object => object.type === 'visualization')
  .map(object => ({ id: object.id, title: object.attributes.title, spec: JSON.parse(JSON.parse(object.attributes.visState).params.spec) }));

// The size in pixels that a panel has on a dashboard, on a screen 1,600 pixels wide.
export function sizeOf(id) {
  const board = objects.find(object => object.type === 'dashboard' && object.references.some(reference => reference.id === id));
  const { w, h } = JSON.parse(board.attributes.panelsJSON)[board.references.findIndex(reference => reference.id === id)].gridData;
  return { width: w * 33 - 30, height: h * 28 - 50 };
}

export async function draw({ id, spec }, aggregations) {
  const { url, ...data } = spec.data, warnings = [];
  const filled = { ...spec, ...sizeOf(id), autosize: { type: 'fit', contains: 'padding' }, background: 'white', data: { ...data, values: { aggregations } } };
  const logger = vega.logger(vega.Warn);
  logger.warn = logger.error = (...words) => (warnings.push(words.join(' ')), logger);
  const real = Date.now;
  Date.now = () => clock;
  try {
    const view = new vega.View(vega.parse(lite.compile(filled, { logger }).spec), { renderer: 'none', logger });
    return { svg: await view.toSVG(), warnings };
  } finally { Date.now = real; }
}

if (process.argv[2]) {
  mkdirSync(process.argv[2], { recursive: true });
  for (const panel of panels)
    for (const [name, all] of Object.entries({ full: answers, calm, empty })) {
      const { svg, warnings } = await draw(panel, all[panel.id]);
      writeFileSync(join(process.argv[2], `${panel.id}-${name}.svg`), svg);
      if (warnings.length) console.log(panel.id, name, [...new Set(warnings)]);
    }
}
