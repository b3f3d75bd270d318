import { AlertType } from './alert.type.js';
import { BadInputProblem, ConflictProblem, ForbiddenProblem, NotFoundProblem, type ProblemClass } from './problem.type.js';
import { resultOf } from './results.type.js';
import { DeletedRule, RuleApplication, RuleBacktest, RuleTest, RuleType } from './rule.type.js';

/** The problems that everything about rules answers with. */
export const RULE: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ConflictProblem, ForbiddenProblem];

export const CreateRuleResult = resultOf('CreateRuleResult', 'The rule, or what is wrong with it.', RuleType, RULE);
export const UpdateRuleResult = resultOf('UpdateRuleResult', 'The rule as it is now, or why it was not changed.', RuleType, RULE);
export const DeleteRuleResult = resultOf('DeleteRuleResult', 'The rule that is gone, or why it is still there.', DeletedRule, RULE);
export const TestRuleResult = resultOf('TestRuleResult', 'What the rule says of the analysis, or why it was not tried.', RuleTest, RULE);
export const BacktestRuleResult = resultOf('BacktestRuleResult', 'What the rule would have done, or why it was not run.', RuleBacktest, RULE);
export const ApplyRuleResult = resultOf('ApplyRuleResult', 'What the rule has done, or why it was not applied.', RuleApplication, RULE);
export const AcknowledgeAlertResult = resultOf('AcknowledgeAlertResult', 'The alert as it is now, or why nobody took note.', AlertType, RULE);
