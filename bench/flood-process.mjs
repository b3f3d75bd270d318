// Sends requests at a rate of its own, without waiting for answers, and says at the end how often each status came.
import { clearInterval, setInterval } from 'node:timers';
const [url, key, perSecond, seconds] = process.argv.slice(2);
const answers = {};
const count = (status) => { answers[status] = (answers[status] ?? 0) + 1; };
const request = { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ recordings(first: 20) { totalCount nodes { id fileName } } }' }) };
const send = async () => {
  const response = await fetch(url, request);
  await response.arrayBuffer();
  count(response.status);
};
const timer = setInterval(() => {
  for (let i = 0; i < Number(perSecond) / 50; i++) void send().catch(() => count('failed'));
}, 20);
setTimeout(() => {
  clearInterval(timer);
  process.stdout.write(JSON.stringify(answers), () => process.exit(0));
}, Number(seconds) * 1000);
