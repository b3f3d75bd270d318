import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/recording.css';
import './styles/rules.css';
import './styles/evaluation.css';
import { App } from './views/app.js';

render(<App />, document.getElementById('app')!);
