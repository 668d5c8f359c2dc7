// Prints corpus.jsonl: hand-written templates and combinations of every filter with awkward inputs and arguments.
// A case is {name, template, context?, partials?, strict?, escape?, unknown_filters?, zone?, now?}.
import {mails} from './mails.mjs';

const context = {
  user: {first_name: 'Ada', last_name: 'Lovelace', age: 36, email: 'ada@example.com', tags: ['vip', 'beta'], vip: true,
         address: {city: 'London', zip: null}, 'odd key': 'odd', size: 'XL'},
  items: [{name: 'Tea', price: 3.5, qty: 2, stock: {left: 0}}, {name: 'coffee', price: 12, qty: 1, sale: true, stock: {left: 3}},
          {name: 'Mug', price: 7.25, qty: 0, sale: false, stock: {left: 9}}, {price: 1, qty: null}],
  numbers: [3, 1, 10, 2.5, -4], words: ['pear', 'Apple', 'fig', 'apple', 'Fig'], mixed: [3, 'b', null, 1, 'a', true],
  nested: [[1, 2], [3, [4, 5]], []], none: null, empty_text: '', blank_text: ' \n\t', empty_list: [], empty_object: {},
  yes: true, no: false, zero: 0, negative: -7.5, big: 1e21, tiny: 1.5e-7, third: 0.1, text: 'Hello, World', key: 'first_name',
  unicode: 'Grüße, Ωmega ΣΊΣΥΦΟΣ straße ﬁn 😀 İ', html: '<p class="a">Tom & "Jerry" &amp; it\'s</p>\n<script>x<y</script>', lines: 'a\nb\r\nc\n\nd',
  date: '2026-03-29T01:30:00Z', plain_date: '2026-11-21', seconds: 1763719230, digits: '1763719230', index: 1,
  long: 'The quick brown fox jumps over the lazy dog and keeps running through the forest until night', object: {b: 1, a: 2},
};

const cases = [];
const add = (name, template, extra = {}) => cases.push({name, template, context, ...extra});
const group = (name, templates, extra = {}) => templates.forEach((template, i) => add(`${name}-${i + 1}`, template, extra));

group('output', [
  '', 'plain', '{{ user.first_name }}', '{{user.first_name}}', '{{ user["first_name"] }}', "{{ user['odd key'] }}", '{{ user[key] }}',
  '{{ items[0].name }} {{ items[-1].price }} {{ items[9].name }}', '{{ items.first.name }} {{ items.last.price }} {{ items.size }}',
  '{{ user.size }} {{ object.size }} {{ text.size }} {{ numbers.length }} {{ text[0] }}', '{{ items[index].name }}', '{{ items["1"].name }}',
  '{{ missing }}|{{ missing.deep.path }}|{{ none }}|{{ none.x }}', '{{ yes }} {{ no }} {{ zero }}', '{{ numbers }}', '{{ nested }}', '{{ user }}',
  '{{ mixed }}', '{{ empty_list }}{{ empty_object }}', '{{ nil }}{{ null }}{{ empty }}{{ blank }}{{ true }}{{ false }}', '{{ 5 }} {{ -5 }} {{ 1.50 }} {{ +7 }}',
  '{{ 1e3 }}', '{{ "double" }}{{ \'single\' }}', '{{ "a\\"b" }} {{ \'it\\\'s\' }} {{ "\\n\\t\\u00e9\\101" }}', '{{ "}}" }}', '{{ "\\ud83d\\ude00" }}',
  '{{ (1..5) }}', '{{ (1..3) | join: "-" }}', '{{ (3..1) | size }}', '{{ (index..3) | join }}', '{{ ("2".."4") | join }}', '{{ (1.5..4) | join: " " }}',
  '{{ big }} {{ tiny }} {{ third }} {{ negative }} {{ 100000000000000000000 }} {{ 123456789012345680000 }}', '{{ 0.000001 }} {{ 0.0000001 }}',
  '{{ a b }}', '{{ user.first_name user.last_name }}', '{{ size }}', '{{ first }}', '{{ "abc".size }}', '{{ "abc"[1] }}', '{{ true.x }}', '{{ user . first_name }}',
  '{{ user.first_name, text }}', '{{user.first_name|upcase|append:"!"}}', '{{ text | upcase | }}', '{{ user.tags[0] }}{{ user.tags.last }}', '{{ unicode[0] }}',
  'a { b } c {', '{ {x} }', 'a % b %} }} c', '{{ user.first-name }}', '{{ items[0]["na" }}', "{{ user['first_name }}", '{{ items | map: "stock" | map: "left" }}',
  '{{ items[items[1].qty].name }}', '{{ [key] }}', "{{ ['text'] }}", '{{ user.tags contains "vip" }}', '{{ 1 == 1 }}', '{{ yes and no }}', '{{ not yes }}', '{{ 3 > 2 }}',
]);

group('broken', [
  '{{ user', '{% if yes %}', '{% if yes %}{% else %}', '{% for x in numbers %}', '{{ }}', '{{ | upcase }}', '{% %}', '{% unknown %}', '{% endif %}', '{% if %}x{% endif %}',
  '{{ text | nosuch }}', '{{ text | append }}', '{{ text | append: "a", "b" }}', '{% assign %}', '{% assign x %}', '{% assign x y %}', '{% capture %}x{% endcapture %}',
  '{% for x numbers %}{% endfor %}', '{% for in numbers %}{% endfor %}', '{{ text upcase: }}', '{{ text | upcase extra }}', '{{ text ! }}', '{% if yes %}{% else %}{% else %}{% endif %}',
  '{% if yes %}{% else %}{% elsif no %}{% endif %}', '{% if yes %}{% else x %}{% endif %}', '{% if yes %}{% endif x %}', '{% cycle %}', '{% case %}{% endcase %}', '{% raw %}x', '{% comment %}x',
  '{{ (1..) }}', '{{ (1 2) }}', '{{ a[ }}', '{% tablerow x of y %}{% endtablerow %}', '{% render %}', '{% render "missing" %}', '{{ "x" | date: "%Y", "No/Zone" }}', '{{ date | date: "%Y", "No/Zone" }}',
  '{{ "%zz" | url_decode }}', '{{ "%E0%A4" | url_decode }}', '{{ no | default: 1, 2 }}', '{% case x %}{% when ! %}{% endcase %}', '{% unless %}{% endunless %}', '{% if yes %}{% endfor %}{% endif %}',
]);

group('if', [
  '{% if yes %}a{% endif %}', '{% if no %}a{% else %}b{% endif %}', '{% if no %}a{% elsif yes %}b{% elsif yes %}c{% else %}d{% endif %}', '{% if none %}a{% else %}b{% endif %}',
  '{% if zero %}a{% endif %}{% if empty_text %}b{% endif %}{% if empty_list %}c{% endif %}', '{% if missing %}a{% else %}b{% endif %}', '{% if user.age > 18 and user.vip %}ok{% endif %}',
  '{% if yes or no and no %}a{% else %}b{% endif %}', '{% if no and no or yes %}a{% else %}b{% endif %}', '{% if not no %}a{% endif %}', '{% if not user.age == 36 %}a{% else %}b{% endif %}',
  '{% if user.age >= 36 %}a{% endif %}{% if user.age <= 35 %}b{% endif %}{% if user.age != 36 %}c{% endif %}{% if user.age < 40 %}d{% endif %}', '{% if text contains "World" %}a{% endif %}{% if text contains "x" %}b{% endif %}',
  '{% if words contains "fig" %}a{% endif %}{% if words contains "nope" %}b{% endif %}{% if numbers contains 2.5 %}c{% endif %}', '{% if object contains "a" %}a{% else %}b{% endif %}', '{% if none contains "a" %}a{% else %}b{% endif %}',
  '{% if empty_text == empty %}a{% endif %}{% if empty_list == empty %}b{% endif %}{% if empty_object == empty %}c{% endif %}{% if none == empty %}d{% endif %}', '{% if blank_text == blank %}a{% endif %}{% if none == blank %}b{% endif %}{% if no == blank %}c{% endif %}{% if text == blank %}d{% endif %}',
  '{% if empty == empty %}a{% else %}b{% endif %}{% if blank == nil %}c{% else %}d{% endif %}{% if nil == blank %}e{% else %}f{% endif %}', '{% if none == nil %}a{% endif %}{% if missing == nil %}b{% endif %}{% if zero == nil %}c{% endif %}',
  '{% if none == missing %}a{% else %}b{% endif %}{% if missing == absent %}c{% endif %}', '{% if "10" < 9 %}a{% else %}b{% endif %}{% if "abc" < "abd" %}c{% endif %}{% if "a" < 1 %}d{% else %}e{% endif %}', '{% if none < 5 %}a{% else %}b{% endif %}{% if missing < 5 %}c{% else %}d{% endif %}{% if nil < 5 %}e{% else %}f{% endif %}',
  '{% if 1 == "1" %}a{% else %}b{% endif %}{% if 1 == 1.0 %}c{% endif %}', '{% if numbers == numbers %}a{% endif %}{% if nested[0] == nested[0] %}b{% endif %}{% if object == object %}c{% endif %}{% if object == empty_object %}d{% endif %}', '{% if yes == true %}a{% endif %}{% if "true" == true %}b{% endif %}',
  '{% unless no %}a{% endunless %}{% unless yes %}b{% else %}c{% endunless %}{% unless yes %}d{% elsif yes %}e{% endunless %}', '{% unless yes %}a{% else %}b{% elsif yes %}c{% endunless %}', '{% if "" %}a{% endif %}{% if "x" == \'x\' %}b{% endif %}', '{% if user.age | minus: 36 %}a{% endif %}', '{% if text | size > 3 %}a{% endif %}',
  '{%if yes%}a{%endif%}', '{% if yes==true %}a{% endif %}', '{% if numbers > 1 %}a{% else %}b{% endif %}{% if nested[2] == empty_list %}c{% endif %}', '{% if text contains nil %}a{% else %}b{% endif %}{% if "null" contains none %}c{% endif %}', '{% if (1..3) contains 2 %}a{% endif %}', '{% if yes %}{% if no %}a{% else %}b{% endif %}{% endif %}',
  '{% case user.age %}{% when 1 %}a{% when 36 %}b{% else %}c{% endcase %}', '{% case text %}{% when "x", "Hello, World" %}a{% when "y" or "z" %}b{% endcase %}', '{% case 1 %}before{% when 1 %}a{% when 1 %}b{% else %}c{% endcase %}', '{% case 2 %}{% when 1 %}a{% else %}b{% when 2 %}c{% else %}d{% endcase %}',
  '{% case none %}{% when nil %}a{% when "" %}b{% endcase %}', '{% case empty_text %}{% when empty %}a{% when blank %}b{% endcase %}', '{% case missing %}{% when nil %}a{% else %}b{% endcase %}', '{% case user.first_name | downcase %}{% when "ada" %}a{% endcase %}', '{% case key %}\n  {% when "first_name" %}\n a\n{% endcase %}', '{% case 5 %}{% when %}a{% else %}b{% endcase %}', '{% case nil %}{% when none %}a{% else %}b{% endcase %}',
]);

group('for', [
  '{% for i in numbers %}{{ i }},{% endfor %}', '{% for i in (1..4) %}{{ i }}{% endfor %}', '{% for i in empty_list %}a{% else %}none{% endfor %}', '{% for i in missing %}a{% else %}none{% endfor %}', '{% for i in numbers limit:2 %}{{ i }} {% endfor %}', '{% for i in numbers offset:2 %}{{ i }} {% endfor %}', '{% for i in numbers reversed %}{{ i }} {% endfor %}',
  '{% for i in numbers reversed limit:2 offset:1 %}{{ i }} {% endfor %}', '{% for i in numbers limit: 2, offset: 1 %}{{ i }} {% endfor %}', '{% for i in numbers limit:index %}{{ i }}{% endfor %}', '{% for i in numbers limit:2 %}{{ i }} {% endfor %}|{% for i in numbers offset:continue %}{{ i }} {% endfor %}', '{% for i in numbers limit:2 offset:continue %}{{ i }} {% endfor %}|{% for i in numbers offset:continue %}{{ i }} {% endfor %}', '{% for i in numbers limit:1 offset:1 %}{{ i }} {% endfor %}|{% for i in numbers limit:1 offset:continue %}{{ i }} {% endfor %}|{% for i in numbers offset:continue %}{{ i }} {% endfor %}',
  '{% for i in numbers %}{{ forloop.index }}/{{ forloop.index0 }}/{{ forloop.rindex }}/{{ forloop.rindex0 }}/{{ forloop.first }}/{{ forloop.last }}/{{ forloop.length }} {% endfor %}', '{% for i in (1..3) %}{{ forloop }}{% endfor %}', '{% for i in (1..3) %}{{ forloop.name }}{{ forloop.size }}{% endfor %}', '{% for i in numbers %}{% if i == 10 %}{% break %}{% endif %}{{ i }}{% endfor %}', '{% for i in numbers %}{% if i == 10 %}{% continue %}{% endif %}{{ i }} {% endfor %}', '{% for a in nested %}[{% for b in a %}{{ b }}{% if forloop.last == false %},{% endif %}{% endfor %}]{% endfor %}',
  '{% for a in (1..3) %}{% for b in (1..3) %}{% if b == 2 %}{% break %}{% endif %}{{ a }}{{ b }} {% endfor %}{% endfor %}', '{% for p in object %}{{ p[0] }}={{ p[1] }};{% endfor %}', '{% for p in object %}{{ p.first }}{{ p.last }}{{ p }}{% endfor %}', '{% for c in text %}[{{ c }}]{% endfor %}', '{% for c in zero %}x{% else %}y{% endfor %}', '{% for i in numbers limit:0 %}x{% else %}y{% endfor %}', '{% for i in numbers limit:-2 %}{{ i }} {% endfor %}', '{% for i in numbers offset:-2 %}{{ i }} {% endfor %}', '{% for i in numbers offset:"1" limit:"2" %}{{ i }} {% endfor %}', '{% for i in numbers limit:nil %}{{ i }}{% endfor %}', '{% for i in numbers limit:missing %}{{ i }} {% endfor %}',
  '{% for i in numbers reversed:false %}{{ i }} {% endfor %}', '{% for item in items %}{{ item.name | default: "?" }}: {{ item.price | times: item.qty }}\n{% endfor %}', '{% assign x = 1 %}{% for x in numbers %}{{ x }}{% endfor %}{{ x }}', '{% for i in (1..3) %}{% assign last = i %}{% endfor %}{{ last }}', '{% break %}x', 'a{% continue %}b', '{% capture c %}a{% break %}b{% endcapture %}{{ c }}', '{% for i in (1..3) %}{% capture c %}{{ i }}{% if i == 2 %}{% break %}{% endif %}!{% endcapture %}{{ c }}{% endfor %}{{ c }}', '{% for i in items | sort %}{{ i.qty }}{% endfor %}', '{%- for i in (1..2) -%} {{ i }} {%- endfor -%}', '{% for i in none %}x{% else %}{% if yes %}y{% endif %}{% endfor %}', '{% for i in yes %}x{% else %}y{% endfor %}', '{% for forloop in (1..2) %}{{ forloop }}{% endfor %}', '{% for i in (1..2) %}{{ i }}{% endfor %}{{ i }}{{ forloop.index }}',
  '{% for i in nested.first %}{{ i }}{% endfor %}', '{% for i in nested[1][1] %}{{ i }}{% endfor %}', '{% for i in (1..items.size) %}{{ i }}{% endfor %}', '{% for i in (user.tags.size..4) %}{{ i }}{% endfor %}',
]);

group('tablerow', [
  '{% tablerow i in numbers %}{{ i }}{% endtablerow %}', '{% tablerow i in numbers cols:2 %}{{ i }}{% endtablerow %}', '{% tablerow i in numbers cols:2 limit:3 offset:1 %}{{ i }}{% endtablerow %}', '{% tablerow i in (1..4) cols:3 %}{{ tablerowloop.row }}.{{ tablerowloop.col }}.{{ tablerowloop.col0 }}.{{ tablerowloop.col_first }}.{{ tablerowloop.col_last }}.{{ tablerowloop.index }}.{{ tablerowloop.last }}{% endtablerow %}', '{% tablerow i in empty_list %}x{% endtablerow %}', '{% tablerow i in numbers cols:"2" %}{{ tablerowloop.col_last }}{% endtablerow %}',
  '{% tablerow i in (1..2) %}{{ tablerowloop }}{% endtablerow %}', '{% tablerow i in numbers limit:0 %}x{% endtablerow %}', '{% tablerow i in (1..3) cols:2 %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endtablerow %}after', '{% tablerow p in object %}{{ p[0] }}{% endtablerow %}', '{% tablerow i in numbers offset:"1" limit:2 %}{{ i }}{% endtablerow %}', '{% tablerow i in items cols: index %}{{ i.name }}{% endtablerow %}', '{% tablerow i in numbers cols:0 %}{{ i }}{% endtablerow %}',
]);

group('variables', [
  '{% assign a = "x" %}{{ a }}', '{% assign a = user.first_name | upcase %}{{ a }}', '{% assign a = numbers %}{{ a[1] }}{{ a.size }}', '{% assign user = "shadow" %}{{ user }}{{ user.first_name }}', '{% assign a = nil %}{% if a == nil %}x{% endif %}{{ a.b }}', '{% assign a = empty %}{% if empty_text == a %}x{% endif %}{{ a }}', '{% assign a-b = 1 %}{{ a-b }}', '{% assign a = (1..3) %}{{ a | join }}{{ a.last }}', '{% assign a="x"%}{%assign b=a%}{{b}}', '{% assign a = missing %}[{{ a }}]',
  '{% capture x %}a{{ user.age }}b{% endcapture %}{{ x }}{{ x.size }}', '{% capture "my var" %}q{% endcapture %}{{ ["my var"] }}', '{% capture x %}{% capture y %}in{% endcapture %}[{{ y }}]{% endcapture %}{{ x }}{{ y }}', '{% increment c %}{% increment c %}{{ c }}{% decrement c %}{% decrement d %}{% decrement d %}', '{% increment zero %}{{ zero }}{% increment text %}{{ text }}', '{% assign c = 10 %}{% increment c %}{{ c }}{% increment c %}', '{% increment negative %}{{ negative }}', '{% assign a = user.age | plus: 1 %}{% assign a = a | times: 2 %}{{ a }}',
  '{% cycle "a", "b", "c" %}{% cycle "a", "b", "c" %}{% cycle "a", "b", "c" %}{% cycle "a", "b", "c" %}', '{% cycle "a","b" %}{% cycle "a", "b" %}{% cycle "a","b" %}', '{% cycle x: "a", "b" %}{% cycle y: "a", "b" %}{% cycle x: "a", "b" %}', '{% cycle "g": 1, 2 %}{% cycle "g": 1, 2 %}{% cycle user.age: 1, 2 %}', '{% for i in (1..4) %}{% cycle "odd", "even" %} {% endfor %}', '{% cycle user.first_name, text | upcase %}{% cycle user.first_name, text | upcase %}', '{% assign a = "1" %}{% cycle a, 2 %}{% assign a = "3" %}{% cycle a, 2 %}{% cycle a, 2 %}', '{% cycle nil: 1, 2 %}{% cycle missing: 1, 2 %}',
  '{% comment %}{{ x }}{% if %}{% endcomment %}y', '{% comment %}a{% comment %}b{% endcomment %}c', '{% # note %}x', '{% # note\n # more\n %}x', '{% # note\n more %}x', '{% raw %}{{ x }}{% if %}{% endraw %}y', '{% raw %}  a {{- b }} {% endraw -%}  y', 'x {%- raw -%} a {% endraw %} y', '{% raw %}{% endraw %}z', '{% echo text | upcase %}{% echo %}', "{% liquid\n assign x = 1\n if x == 1\n echo 'one'\n endif\n for i in (1..3)\n echo i\n endfor\n # note\n%}", '{% liquid %}', '{%liquid\nassign x = "a"\necho x%}',
]);

group('space', [
  ' a {{- "b" -}} c ', ' a {{ "b" -}} \n c', 'a \n\t{%- if yes -%} \n b \n {%- endif -%} \n c', 'a {%- comment -%} x {%- endcomment -%} b', '{{-1}}', '{{ -1 }}', '{%- assign x = 1 -%}\n\n{{ x }}', 'a\u00a0{{- "b" -}}\u00a0c', 'a\u2003{{- "b" -}}\u2003c', '  {%- for i in (1..3) %} {{ i -}} {% endfor %} x', 'é {{- "ü" -}} ö', '{{- text -}}', 'a {%-if yes-%} b {%-endif-%} c', ' {{- }} ',
]);

const partials = {card: '[{{ title }}|{{ user.first_name }}|{{ x }}]', row: '{{ forloop.index }}:{{ row }}{{ item.name }};', 'mails/en': 'Hello {{ name }}', outer: '<{% render "card", title: "in" %}>', counter: '{% increment n %}', bad: '{{ x', loop: '{% render "loop" %}', breaker: 'a{% break %}b', row2: '{{ row2 }};', assigns: '{% assign leak = 1 %}{{ leak }}'};
group('render', [
  '{% render "card" %}', '{% render "card", title: "T", x: 5 %}', '{% render "card" title: text %}', '{% assign x = 3 %}{% render "card" %}', '{% render "row" for numbers as row %}', '{% render "row" for items as item %}', '{% render "card" with user as user %}', '{% render "row" with text as row %}', '{% render "row2" with text %}', '{% assign f = "card" %}{% render f, title: 1 %}', '{% assign lang = "en" %}{% render "mails/{{ lang }}", name: user.first_name %}', '{% render "outer" %}', '{% render "counter" %}{% render "counter" %}{% increment n %}', '{% for i in (1..3) %}{% render "breaker" %}{{ i }}{% endfor %}', '{% render "assigns" %}{{ leak }}', '{% render "card", title %}', '{% render "nope" %}', '{% render "bad" %}', '{% render "row" for empty_list as row %}x', '{% render missing %}', '{% render "card", title: user.tags, x: missing %}', '{% render "row" for (1..3) as row, title: 2 %}', '{% render "row" for object as row %}',
], {partials});

group('strict', [
  '{{ missing }}', '{{ user.missing }}', '{{ user.address.zip.code }}', '{{ none.x }}', '{% if missing %}a{% else %}b{% endif %}', '{% if user.missing.deep %}a{% else %}b{% endif %}', '{{ missing | default: "d" }}', '{{ missing | upcase | default: "d" }}', '{% assign x = missing %}[{{ x }}]', '{% case missing %}{% when nil %}a{% else %}b{% endcase %}', '{% for i in missing %}{% endfor %}', '{{ text | append: missing }}', '{{ items[9] }}', '{{ items | where: "sale" | size }}', '{{ items | map: "name" }}', '{% unless missing %}a{% endunless %}', '{{ user[missing] }}', '{% if user[missing] %}{% endif %}', '{{ missing.size }}', '{% if missing == nil %}a{% else %}b{% endif %}', '{% if missing and yes %}a{% else %}b{% endif %}', '{{ items | sort: "sale" | size }}', '{% cycle missing %}', '{{ "x" | default: missing }}', '{{ user.tags[5] }}', '{% if text contains missing %}a{% else %}b{% endif %}', '{{ items["x"][key].y }}',
], {strict: true});
group('escape', ['{{ html }}', '{{ html | raw }}', '{{ html | upcase }}', '{{ user.age }}{{ none }}{{ words }}', '{% capture x %}{{ html }}{% endcapture %}{{ x }}', '{% echo html %}', '{% cycle html %}', '{{ "<" | raw | append: ">" }}', '{% assign x = html %}{{ x }}'], {escape: true});
group('lenient-filters', ['{{ text | nosuch }}', '{{ text | nosuch: 1 | upcase }}'], {unknown_filters: true});

const inputs = ['text', 'none', 'missing', '""', 'zero', 'negative', 'yes', 'no', 'numbers', 'words', 'object', 'unicode', '"  pad ded  "', 'html', '"5.75"', 'nested', 'empty', 'mixed'];
const filters = {
  abs: [''], ceil: [''], floor: [''], round: ['', ': 1', ': -1', ': "2"'], plus: [': 2', ': "3.5"', '', ': missing'], minus: [': 2', ': text'], times: [': 1.5'], divided_by: [': 2', ': 0', ': 4, true', ': 0, true'], modulo: [': 3', ': -3', ': 0'], at_least: [': 3', ': 1, 9'], at_most: [': 3'],
  append: [': "!"', ': 5', ': none'], prepend: [': "<"'], capitalize: [''], upcase: [''], downcase: [''], strip: ['', ': "H d"'], lstrip: ['', ': " Hp"'], rstrip: ['', ': "d "'], strip_newlines: [''], squish: [''], normalize_whitespace: [''],
  remove: [': "l"', ': ""'], remove_first: [': "l"'], remove_last: [': "l"'], replace: [': "l", "L"', ': "l"', ': "l", none'], replace_first: [': "l", "$&"'], replace_last: [': "l", "L"', ': "", "L"'],
  truncate: ['', ': 5', ': 8, "--"', ': 0', ': "4"', ': 3, ""'], truncatewords: ['', ': 1', ': 2, "--"', ': 0', ': "2"'], split: [': ","', ': " "', ': "l"'], slice: [': 0', ': 1, 3', ': -3, 2', ': 20', ': "1", "2"', ''],
  size: [''], first: [''], last: [''], join: ['', ': ", "', ': none', ': 0'], reverse: [''], sort: [''], sort_natural: [''], uniq: [''], compact: [''], concat: [': numbers', ': 5'], map: [': "x"'], sum: [''], push: [': 1'], pop: [''], shift: [''], unshift: [': 0'],
  default: [': "d"', ': "d", allow_false: true', ''], escape: [''], escape_once: [''], newline_to_br: [''], strip_html: [''], url_encode: [''], cgi_escape: [''], uri_escape: [''], url_decode: [''], json: ['', ': 2'], raw: [''], to_integer: [''], xml_escape: [''], base64_encode: [''], date: [': "%Y-%m-%d %H:%M"'], where: [': "x"'], find: [': "x"'], has: [': "length"'],
};
// Three inputs a case, so that all combinations stay a readable number of lines.
for (const [name, argumentLists] of Object.entries(filters)) {
  argumentLists.forEach((args, i) => {
    for (let at = 0; at < inputs.length; at += 6) {
      const part = inputs.slice(at, at + 6).map(input => `[{{ ${input} | ${name}${args} }}]`).join('');
      add(`filter-${name}-${i + 1}-${at / 6 + 1}`, part);
    }
  });
}

group('lists', [
  '{{ items | map: "name" | join: "," }}', '{{ items | map: "stock.left" | join: "," }}', '{{ items | where: "sale" | map: "name" }}', '{{ items | where: "sale", true | map: "name" }}', '{{ items | where: "sale", false | map: "name" }}', '{{ items | where: "name", "Tea" | size }}', '{{ items | where: "stock.left", 3 | map: "name" }}', '{{ items | where: "name", nil | size }}', '{{ items | where: "qty", missing | size }}', '{{ items | reject: "sale" | map: "name" }}', '{{ items | find: "name", "Mug" | map: "price" }}', '{{ items | find_index: "name", "Mug" }}', '{{ items | has: "name", "Mug" }}{{ items | has: "name", "x" }}',
  '{{ items | sort: "price" | map: "price" | join }}', '{{ items | sort: "name" | map: "name" | join }}', '{{ items | sort_natural: "name" | map: "name" | join }}', '{{ items | sort: "stock.left" | map: "price" | join }}', '{{ words | sort | join }}', '{{ words | sort_natural | join }}', '{{ numbers | sort | join }}', '{{ mixed | sort | join }}', '{{ items | sum: "price" }} {{ items | sum: "qty" }} {{ numbers | sum }}', '{{ words | concat: numbers | join }}', '{{ nested | concat: nested | size }}', '{{ items | group_by: "sale" | map: "name" | join }}', '{% assign g = items | group_by: "sale" %}{% for x in g %}{{ x.name }}={{ x.items.size }} {% endfor %}', '{{ "a,b,a" | split: "," | uniq | join }}', '{{ items | uniq | size }}',
  '{{ "a,b,,c,," | split: "," | size }}', '{{ "abc" | split: "" | join: "-" }}', '{{ "" | split: "," | size }}', '{{ "a b  c" | split: " " | size }}', '{{ nested | join: "|" }}', '{{ nested | first | last }}', '{{ items | compact | size }}', '{{ mixed | compact | join }}', '{{ numbers | reverse | first }}', '{{ numbers | slice: 1, 2 | join }}{{ numbers | slice: -2, 2 | join }}{{ numbers | slice: 9 | size }}', '{{ items | map: "stock" | json }}', '{{ user | json }}', '{{ user | json: 2 }}', '{{ "q\\"\\\\\\n\\u0001é" | json }}', '{{ numbers | push: 5 | unshift: 0 | pop | shift | join }}', '{{ items | where | size }}', '{{ items | map | size }}', '{{ text | where: "length" | size }}', '{{ words | where: "length", 3 | join }}', '{{ items | where: "stock[\'left\']", 9 | map: "name" }}', '{{ words | map: "size" | join }}', '{{ (1..5) | reverse | join }}{{ (1..5) | size }}{{ (1..5) | slice: 1, 2 | join }}', '{{ object | sort | size }}', '{{ object | map: "a" }}', '{{ numbers | sort: "x" | join }}', '{{ "b" | concat: "a" | sort | join }}', '{{ items | sort: "qty" | map: "qty" | join }}',
]);

group('numbers', [
  '{{ 0.1 | plus: 0.2 }}', '{{ 1 | divided_by: 3 }}', '{{ 10 | divided_by: 4 }} {{ 10 | divided_by: 4, true }}', '{{ 1.005 | round: 2 }} {{ 2.5 | round }} {{ -2.5 | round }} {{ 1.45 | round: 1 }} {{ 1234.5 | round: -2 }}', '{{ "12px" | plus: 1 }} {{ "0x1f" | plus: 0 }} {{ " 7 " | plus: 0 }} {{ "1e3" | plus: 0 }} {{ "" | plus: 1 }} {{ "." | plus: 1 }} {{ "1." | plus: 1 }} {{ ".5" | plus: 1 }}', '{{ 1 | divided_by: 0 }} {{ -1 | divided_by: 0 }} {{ 0 | divided_by: 0 }}', '{{ 5 | plus }}', '{{ 1e21 | plus: 1 }}', '{{ 123456789 | times: 987654321 }} {{ 999999999999 | times: 999999999999 }}', '{{ 3.0 }} {{ 3.10 }} {{ 1.0 | times: 2 }}', '{{ 7 | modulo: 3 }} {{ -7 | modulo: 3 }} {{ 7.5 | modulo: 2 }}', '{{ "3" | times: "4" }} {{ yes | plus: 1 }}', '{{ 4.7 | floor }} {{ -4.7 | floor }} {{ 4.2 | ceil }} {{ -4.2 | ceil }} {{ "x" | ceil }}', '{{ 0 | minus: 0 | times: -1 }}', '{{ 1.1 | times: 1.1 }} {{ 100 | times: 1.1 }}', '{{ 19.99 | times: 3 | round: 2 }}', '{{ 1 | divided_by: 1000000 }} {{ 1 | divided_by: 10000000 }} {{ 5 | divided_by: 3000000000 }}', '{{ "Infinity" | plus: 1 }} {{ "inf" | plus: 1 }} {{ "nan" | plus: 1 }}',
]);

const formats = ['%Y-%m-%d', '%d.%m.%y', '%A %a %B %b %h', '%H:%M:%S.%L', '%I:%M %p %P', '%l|%k|%e', '%j %U %W %u %w', '%s', '%C %q', '%z %:z %Z', '%N %3N %6N %12N', '%-d/%-m', '%_d %_m', '%05d %10Y', '%^a %^B %#p %#b', '%%|%n|%t', '%Q %F %T', '%E %Od %', '100%', '%c', '%x %X', '%-l:%M%P', '%010e %-y %_H', ''];
formats.forEach((format, i) => add(`date-format-${i + 1}`, `{{ date | date: "${format}" }}|{{ seconds | date: "${format}" }}|{{ "now" | date: "${format}" }}`));
const moments = ['2026-11-21', '2026-11', '2026', '2026-11-21T10:20', '2026-11-21T10:20:30', '2026-11-21T10:20:30.123456Z', '2026-11-21T10:20:30+02:00', '2026-11-21T24:00:00Z', '2026-11-21 10:20:30', '2026-11-21 10:20', '2026-11-21 10:20:30 UTC', '2026-11-21 10:20:30 +0200', '2026-11-21 10:20:30 +02:00', '2026/11/21', '11/21/2026', '11/21/26 5:04 PM', 'Nov 21, 2026', 'November 21, 2026 10:20', '21 Nov 2026', '21 November 2026 10:20:30 GMT', 'Sat, 21 Nov 2026 10:20:30 GMT', 'Sat, 21 Nov 2026 10:20:30 +0100', 'Sat Nov 21 2026 10:20:30 GMT+0100 (CET)', 'Nov 21 2026 12:00 AM', 'Nov 21 2026 12:00 pm', '21-Nov-2026', 'Nov 2026', '2026-02-30', '2026-13-01', '2026-11-32', '2026-11-21T25:00:00Z', 'garbage', 'tomorrow', '12', '-1', '2026-11-21T10:20:30Z extra', '1970-01-01', '0099-01-01', '+012026-01-01T00:00:00Z', '2024-02-29', '2026-11-21T10:20:30.5-07:30', '1/2/3', '10:20', 'Nov 21 10:20 EST 2026', '2026-1-5', '2026-1-5 7:08', '20261121', 'Sat', '1.2.2026', '2026-11-21T10:20:30 Z'];
moments.forEach((moment, i) => add(`date-read-${i + 1}`, '{{ moment | date: "%Y-%m-%dT%H:%M:%S.%L" }}', {context: {moment}}));
group('date-zone', ['{{ date | date: "%Y-%m-%d %H:%M %z" }}', '{{ date | date: "%H:%M %Z", "America/New_York" }}', '{{ date | date: "%H:%M %z %Z", 360 }}', '{{ date | date: "%H:%M %z", -330 }}', '{{ "2026-07-01T12:00:00" | date: "%H:%M %:z" }}', '{{ "2026-07-01T12:00:00Z" | date: "%H:%M %:z" }}', '{{ plain_date | date: "%d %H" }}', '{{ seconds | date: "%s %H" }}', '{{ "now" | date }}', '{{ "2026-10-25 02:30" | date: "%H:%M %z" }}', '{{ "2026-03-29 02:30" | date: "%H:%M %z" }}', '{{ "2026-03-29 01:59" | date: "%H:%M %z" }}'], {zone: 'Europe/Vienna'});
group('date-other', ['{{ none | date: "%Y" }}', '{{ missing | date: "%Y" }}', '{{ "" | date: "%Y" }}', '{{ yes | date: "%Y" }}', '{{ numbers | date: "%Y" }}', '{{ date | date }}', '{{ date | date: none }}', '{{ "now" | date: "%Y" }}{{ "today" | date: "%d" }}', '{{ digits | date: "%Y" }}', '{{ date | date: 5 }}', '{{ date | date_to_xmlschema }} {{ date | date_to_rfc822 }}', '{{ date | date_to_string }} {{ date | date_to_long_string }} {{ date | date_to_string: "ordinal", "US" }} {{ date | date_to_long_string: "ordinal" }}', '{{ "2027-01-03" | date: "%U %W %j" }} {{ "2024-12-31" | date: "%U %W %j" }}', '{% for d in (1..31) %}{{ "2026-01-01" | date: "%s" | plus: 0 | plus: d | date: "%q" }}{% endfor %}', '{{ "2026-01-11" | date: "%-d%q" }} {{ "2026-01-22" | date: "%-d%q" }} {{ "2026-01-03" | date: "%-d%q" }}', '{{ object | date: "%Y" }}', '{{ 1763719230.9876 | date: "%S.%L" }}', '{{ -1 | date: "%Y %S" }}', '{{ 99999999999999 | date: "%Y" }}']);
group('unicode', ['{{ "ñandú" | capitalize }} {{ "ß" | upcase }} {{ "ΑΣ ΑΣΑ Σ" | downcase }} {{ "ﬃ" | upcase }} {{ "ŉ" | upcase }}', '{{ "日本語テキスト" | truncate: 5 }} {{ "日本語" | size }} {{ "日本語" | slice: 1, 2 }}', '{{ "😀😁😂" | size }} {{ "😀😁😂" | truncate: 2, "" }} {{ "😀😁😂" | slice: 1 }} {{ "😀😁" | slice: -1 }}', '{{ "é" | url_encode }} {{ "%C3%A9" | url_decode }} {{ "a b+c/d?é😀" | url_encode }} {{ "ä" | cgi_escape }}', '{{ "\u00a0x\u2003\ufeff" | strip }}|', '{{ "a\u00a0b" | split: "\u00a0" | size }} {{ "a\u2003b c" | truncatewords: 2 }}', '{% assign größe = 5 %}{{ größe }}', '{{ "ǆ" | capitalize }} {{ "İI" | downcase }}', '{{ "éa" | sort | join }}{{ "z,é,a,ä" | split: "," | sort | join }}{{ "Z,é,a,Ä" | split: "," | sort_natural | join }}', '{{ "z,\ue000,😀,a" | split: "," | sort | join }}', '{{ "ᾳ ΐ ẞ" | upcase }}', '{{ "e\u0301" | size }}{{ "👨‍👩‍👧" | size }}']);
for (const mail of mails) cases.push(mail);

const names = new Set();
for (const testCase of cases) {
  if (names.has(testCase.name)) throw new Error(`two cases are called ${testCase.name}`);
  names.add(testCase.name);
}
console.log(JSON.stringify({name: 'shared-context', template: '', context}));
for (const testCase of cases) {
  if (testCase.context === context) console.log(JSON.stringify({...testCase, context: undefined, shared: true}));
  else console.log(JSON.stringify(testCase));
}
