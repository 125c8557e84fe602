// Parses Ruby files by the grammars of 3.3 and 3.4 with Prism, which is Ruby's own parser since 3.4: syntax.mjs FILE…
import { readFileSync } from 'node:fs';
import { loadPrism } from '@ruby/prism';

const parse = await loadPrism();
const errorsOf = (source, version) => parse(source, { version }).errors.map(error => `${error.message} at byte ${error.location.startOffset}`);

// Ruby 3.4 refuses keywords in an index that is assigned to: so both grammars are really asked.
const canary = 'a[0, b: 1] = 2';
if (errorsOf(canary, '3.3').length !== 0 || errorsOf(canary, '3.4').length === 0) throw new Error('the parser does not tell Ruby 3.3 from 3.4');

for (const version of ['3.3', '3.4']) {
  for (const file of process.argv.slice(2)) {
    for (const error of errorsOf(readFileSync(file, 'utf8'), version)) {
      console.error(`FAIL ${file} is not Ruby ${version}: ${error}`);
      process.exitCode = 1;
    }
  }
}
