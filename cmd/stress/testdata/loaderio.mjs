// What a team does with loader.io.api 2.0.3: node loaderio.mjs PACKAGE SERVER KEY TARGET
import {pathToFileURL} from 'node:url';

const [at, server, key, target] = process.argv.slice(2);
const {default: LoaderIO, Test, Result, Application} = await import(pathToFileURL(`${at}/src/index.js`));
const say = (what, got) => console.log(JSON.stringify({what, got}));
const fails = async (f) => { try { await f(); return 'no error'; } catch (e) { return e.message; } };
const ended = async (test, id) => {
    for (;;) {
        const result = await test.results.get(id);
        if (result.status === Result.STATUS.READY) {
            return result;
        }
        await new Promise((done) => setTimeout(done, 200));
    }
};
// The gates of its CI wrapper, perst, at their defaults.
const gate = (result) => result.avg_response_time <= 500 && result.avg_error_rate <= 0 ? 'pass' : 'fail';

const loader = new LoaderIO(key, server);
const host = new URL(target).host;
const app = await loader.applications.create(host);
say('created', {id: app.app_id, status: app.status ?? null});
say('verified', await app.verify());
say('app', (await loader.applications.get(app.app_id)).status === Application.STATUS.VERIFIED);
say('apps', (await loader.applications.list()).map((a) => a.app));

// So long that its second run still goes on when another is asked for.
const test = await loader.tests.create({name: 'home', test_type: Test.TYPE.CLIENTS_PER_TEST, duration: 6, initial: 1, total: 20, urls: [{url: `${target}/`}]});
say('test', {type: test.test_type, status: test.status, total: test.total, timeout: test.timeout, urls: test.urls.map((u) => u.url)});
let [first] = await test.results.list();
first = await ended(test, first.result_id);
say('result', {success: first.success, error: first.error, rate: first.avg_error_rate, average: Number.isInteger(first.avg_response_time), report: first.public_results_url});
say('gate', gate(first));

const again = (await loader.tests.list()).find((t) => t.name === 'home');
say('run', await again.run());
say('busy', await fails(() => loader.tests.get(again.test_id).then((t) => { t.status = Test.STATUS.COMPLETE; return t.run(); })));
say('stop', await again.stop());
const [second, older] = await again.results.list();
say('newest first', second.result_id !== first.result_id && older.result_id === first.result_id);
await ended(again, second.result_id);
say('status', (await loader.tests.get(again.test_id)).status);
say('later', (await loader.tests.create({name: 'later', duration: 1, total: 1, urls: [{url: `${target}/`}], scheduled_at: new Date('2999-01-01T00:00:00Z')})).scheduled_at);

const broken = await loader.tests.create({name: 'broken', duration: 1, total: 5, urls: [{url: `${target}/missing`}]});
const [wrong] = await broken.results.list();
say('gate of what is broken', gate(await ended(broken, wrong.result_id)));
say('servers', Array.isArray(await loader.servers.list()));
say('no such test', await fails(() => loader.tests.get('0'.repeat(32))));
say('wrong key', await fails(() => new LoaderIO('0'.repeat(32), server).applications.list()));
say('deleted', await app.delete());
say('apps after', (await loader.applications.list()).length);
