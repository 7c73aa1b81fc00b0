// Prints the kind of each document of a manifest, or why it is no such thing. Run where kubernetes-models is installed.
import fs from 'fs';
import { createRequire } from 'module';

const require = createRequire(process.cwd() + '/');
const yaml = require('js-yaml');
for (const document of yaml.loadAll(fs.readFileSync(process.argv[2], 'utf8'))) {
	const models = require('kubernetes-models/' + document.apiVersion + '/' + document.kind);
	try {
		new models[document.kind](document).validate();
		console.log(document.kind);
	} catch (e) {
		console.log('wrong', document.kind, e.message);
	}
}
