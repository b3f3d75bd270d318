import { formatBytes, formatShare } from '../format.js';
import { recordingHref } from '../hooks/use-route.js';
import type { UploadItem, UploadQueue } from '../upload-queue.js';
import { Icon } from './icon.js';
import { Progress } from './progress.js';

function phaseWords({ phase, fraction, note, file }: UploadItem): string {
  switch (phase) {
    case 'waiting': return `waiting · ${formatBytes(file.size)}`;
    case 'uploading': return `sending ${formatShare(fraction)} of ${formatBytes(file.size)}`;
    case 'analysing': return fraction > 0 ? `analysing ${formatShare(fraction)}` : 'analysing…';
    case 'done': return note ?? 'analysed';
    case 'failed': return note ?? 'failed';
  }
}

export function UploadList({ items, queue }: { readonly items: readonly UploadItem[]; readonly queue: UploadQueue }) {
  if (items.length === 0) return null;
  return (
    <section class="uploads" aria-label="Uploads">
      <ul>
        {items.map((item) => <UploadRow key={item.key} item={item} queue={queue} />)}
      </ul>
    </section>
  );
}

function UploadRow({ item, queue }: { readonly item: UploadItem; readonly queue: UploadQueue }) {
  const isUnderWay = item.phase === 'uploading' || item.phase === 'analysing';
  return (
    <li class={`upload upload--${item.phase}`}>
      <div class="upload-head">
        {item.recordingId === null ? <span class="clip">{item.file.name}</span> : <a class="clip" href={recordingHref(item.recordingId)}>{item.file.name}</a>}
        {item.phase === 'failed' && item.file.size > 0 && <button type="button" class="link" onClick={() => queue.retry(item.key)} aria-label={`Try ${item.file.name} again`}>Try again</button>}
        <button type="button" class="icon-button" onClick={() => queue.dismiss(item.key)} aria-label={item.phase === 'uploading' || item.phase === 'waiting' ? `Stop sending ${item.file.name}` : `Take ${item.file.name} off this list`}>
          <Icon name="close" />
        </button>
      </div>
      {isUnderWay && <Progress label={`${item.file.name}: ${item.phase === 'uploading' ? 'sent' : 'analysed'}`} fraction={item.phase === 'analysing' && item.fraction === 0 ? null : item.fraction} />}
      <p class="small upload-note" role={item.phase === 'failed' ? 'alert' : undefined}>{phaseWords(item)}</p>
    </li>
  );
}
