import {spawn} from 'node:child_process'; import test from 'node:test'; test('a',()=>{ spawn('sleep',['77777'],{stdio:'ignore'}); });
