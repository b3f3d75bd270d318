import { formatBytes, formatNumber } from '../format.js';
import type { Model } from '../types.js';
import { modelStateWord } from '../words.js';
import { ToneLabel } from './tone-label.js';

interface Props {
  readonly model: Model;
  readonly isAdmin: boolean;
  readonly onLoad: () => void;
  readonly onUnload: () => void;
}

export function ModelCard({ model, isAdmin, onLoad, onUnload }: Props) {
  const isAwake = model.state === 'READY' || model.state === 'BUSY';
  const canLoad = model.state === 'UNLOADED' || model.state === 'FAILED';
  const figures = [
    ['Runs on', model.provider + (model.providerFallback === null ? '' : ` (${model.providerFallback})`)],
    ['Waiting', model.queueLength === 0 ? 'nothing' : `${model.queueLength} window${model.queueLength === 1 ? '' : 's'}`],
    ['Memory', model.memoryBytes === null ? '–' : formatBytes(model.memoryBytes)],
    ['Waking took', model.loadMs === null ? '–' : `${formatNumber(model.loadMs / 1000, 2)} s`],
    ['Confidence', model.calibrated ? 'calibrated' : 'plain scores'],
    ['Precision', model.precision],
    ['Licence', model.license],
  ] as const;
  return (
    <article class="card model" aria-label={model.name}>
      <div class="card-head">
        <h2 class="card-title">{model.name} <span class="muted">{model.version}</span></h2>
        <span class={`state state--${model.state.toLowerCase()}`}><span class="state-dot" aria-hidden="true" />{modelStateWord(model.state)}</span>
      </div>
      <p class="small muted">{model.id}{model.isDefault && ' · the usual one'}{model.attribution !== null && ` · ${model.attribution}`}</p>
      {model.stateMessage !== null && <p class="small">{model.stateMessage}</p>}
      <dl class="facts">{figures.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <p class="model-labels">{model.labels.map((label) => <ToneLabel key={label} label={label} labels={model.labels} />)}</p>
      {isAdmin && (canLoad || isAwake) && <button type="button" class="button" onClick={canLoad ? onLoad : onUnload}>{canLoad ? 'Wake it now' : 'Put to sleep'}</button>}
    </article>
  );
}
