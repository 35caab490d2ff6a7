import { resolve } from 'node:path'
import { makeDemo } from '../../demo/index.ts'
import { run, type Verb } from '../verb.ts'

/** karyon demo -o <folder>: draws the demo slide and its truth. */
export const demo: Verb = (program) => {
  program
    .command('demo')
    .description('draw the demo slide (demo.tif) and the truth about its nuclei (truth.geojson)')
    .requiredOption('-o, --output <folder>', 'folder to write to, made if needed')
    .option('--json', 'print the result as JSON')
    .action((options: { output: string; json?: boolean }) =>
      run(
        options,
        () => makeDemo(resolve(options.output)),
        ({ slide, truth, nuclei }) => `Drew ${nuclei.toLocaleString('en')} nuclei.\nSlide: ${slide}\nTruth: ${truth}`,
      ),
    )
}
