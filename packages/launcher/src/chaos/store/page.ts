import type { StoreChaosReport, StruckFault, TimelineSecond } from './run.js';

const WIDTH = 1_200;
const LEFT = 60;
const PLOT = 180;
const LABELS = 90;

/** The report as one page that needs nothing else. */
export function storeChaosPage(report: StoreChaosReport): string {
  const ok = report.findings.every(({ holds }) => holds);
  const minutes = (report.durationMs / 60_000).toFixed(1);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Keelson store: chaos</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: ${WIDTH}px; color: #1b1f24; background: #fff; }
  h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
  .ok { color: #1a7f37 } .bad { color: #cf222e }
  table { border-collapse: collapse } td, th { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top }
  td.number { text-align: right; font-variant-numeric: tabular-nums }
  svg text { font: 11px system-ui, sans-serif; fill: #57606a }
  pre { white-space: pre-wrap; margin: 0 }
</style>
<h1>Three store members under faults: <span class="${ok ? 'ok' : 'bad'}">${ok ? 'all claims hold' : 'a claim does not hold'}</span></h1>
<p>${minutes} minutes, ${report.clients} clients, ${report.acknowledged} operations acknowledged, ${report.failed} failed,
${report.faults.length} faults.${report.skipped.length > 0 ? ` Not done: ${escaped(report.skipped.join(', '))}.` : ''}</p>
<table>${report.findings.map(findingRow).join('')}</table>
<h2>Timeline</h2>
${timeline(report)}
<h2>Faults</h2>
<table><tr><th>at</th><th>fault</th><th>lasted</th><th>longest wait of writes</th></tr>${report.faults.map(faultRow).join('')}</table>
</html>
`;
}

function findingRow({ claim, holds, detail }: StoreChaosReport['findings'][number]): string {
  const mark = holds ? '<span class="ok">✓</span>' : '<span class="bad">✗</span>';
  return `<tr><td>${mark}</td><td>${escaped(claim)}</td><td><pre>${escaped(detail)}</pre></td></tr>`;
}

function faultRow({ name, from, to, writeGapMs }: StruckFault): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const numbers = `<td class="number">${seconds(to - from)}</td><td class="number">${writeGapMs} ms</td>`;
  return `<tr><td class="number">${seconds(from)}</td><td>${escaped(name)}</td>${numbers}</tr>`;
}

/** Faults as bands over operations a second and their latency. */
function timeline({ seconds, faults, durationMs }: StoreChaosReport): string {
  const x = (ms: number) => LEFT + (ms / Math.max(1, durationMs)) * (WIDTH - LEFT - 10);
  const height = LABELS + 2 * PLOT + 50;
  const bands = faults.map(({ name, from, to }) => {
    const width = Math.max(2, x(to) - x(from));
    const label = `<text transform="translate(${(x(from) + 9).toFixed(1)} ${LABELS - 6}) rotate(-40)">${escaped(name)}</text>`;
    const band = `<rect x="${x(from).toFixed(1)}" y="${LABELS}" width="${width.toFixed(1)}" height="${2 * PLOT + 20}" fill="#cf222e" opacity=".13"><title>${escaped(name)}</title></rect>`;
    return faults.length <= 25 ? band + label : band;
  });
  const throughput = plot(seconds, (each) => each.acknowledged, 'operations a second', LABELS, x, '#0969da');
  const latency = plot(seconds, (each) => each.p99Ms, 'p99 of a second, ms', LABELS + PLOT + 20, x, '#9a6700');
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="100%" role="img" aria-label="Faults over throughput and latency">${bands.join('')}${throughput}${latency}${secondsAxis(durationMs, x, height - 16)}</svg>`;
}

function plot(
  seconds: readonly TimelineSecond[],
  value: (second: TimelineSecond) => number,
  title: string,
  top: number,
  x: (ms: number) => number,
  color: string,
): string {
  const most = Math.max(1, ...seconds.map(value));
  const y = (of: number) => top + PLOT - (of / most) * (PLOT - 20);
  const points = seconds.map((second, at) => `${x((at + 0.5) * 1000).toFixed(1)},${y(value(second)).toFixed(1)}`);
  const base = `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${top + PLOT}" y2="${top + PLOT}" stroke="#d0d7de"/>`;
  const scale = `<text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${Math.round(most)}</text><text x="${LEFT - 6}" y="${top + PLOT}" text-anchor="end">0</text>`;
  const name = `<text x="${LEFT + 4}" y="${top + 12}">${title}</text>`;
  return `${base}${scale}${name}<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
}

function secondsAxis(durationMs: number, x: (ms: number) => number, y: number): string {
  const step = [1, 2, 5, 10, 30, 60, 300, 600].find((each) => durationMs / 1000 / each <= 15) ?? 600;
  const marks = Array.from({ length: Math.floor(durationMs / 1000 / step) + 1 }, (_, at) => at * step);
  return marks
    .map((at) => `<text x="${x(at * 1000).toFixed(1)}" y="${y}" text-anchor="middle">${at} s</text>`)
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
