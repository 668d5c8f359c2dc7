// Mails as marketers write them.
const shop = {
  user: {first_name: 'grace', last_name: 'Hopper', email: 'grace@example.org', points: 1520, locale: 'en', birthday: '1986-12-09', preferences: {topics: ['sale', 'news']}},
  shop: {name: 'Tea & Co', url: 'https://tea.example/?a=1&b=2', currency: 'EUR'},
  cart: {items: [{title: 'Earl Grey <loose>', price: 12.5, quantity: 2, url: '/p/1'}, {title: 'Teapot', price: 39.9, quantity: 1, url: '/p/2', on_sale: true}], updated_at: '2026-11-20T18:45:00Z'},
  coupon: {code: 'TEA10', percent: 10, ends: '2026-12-01'}, orders: [], message_id: 'm-1',
};
const mail = (name, template, context = shop, extra = {}) => ({name: `mail-${name}`, template, context, ...extra});

export const mails = [
  mail('abandoned-cart', `<h1>Hi {{ user.first_name | capitalize | default: "there" }},</h1>
{%- if cart.items.size > 0 %}
<p>You left {{ cart.items.size }} {% if cart.items.size == 1 %}item{% else %}items{% endif %} in your cart on {{ cart.updated_at | date: "%A, %B %-d" }}.</p>
<table>
{%- assign total = 0 -%}
{%- for item in cart.items %}
  {%- assign line = item.price | times: item.quantity -%}
  {%- assign total = total | plus: line %}
  <tr class="{% cycle 'odd', 'even' %}"><td>{{ forloop.index }}.</td><td><a href="{{ shop.url | escape }}{{ item.url }}">{{ item.title | escape }}</a>{% if item.on_sale %} <b>Sale</b>{% endif %}</td><td>{{ line | round: 2 }} {{ shop.currency }}</td></tr>
{%- endfor %}
</table>
<p>Total: {{ total | round: 2 }}{% if coupon %}, with <b>{{ coupon.code }}</b> only {{ total | times: coupon.percent | divided_by: 100 | round: 2 }} less{% endif %}</p>
{%- else %}
<p>Your cart is empty.</p>
{%- endif %}`),
  mail('subject', '{{ user.first_name | capitalize }}, {{ coupon.percent }}% off until {{ coupon.ends | date: "%b %-d%q" }}'),
  mail('no-orders', '{% for order in orders %}{{ order.id }}{% else %}No orders yet.{% endfor %}'),
  mail('topics', '{% if user.preferences.topics contains "sale" %}SALE{% endif %}{% unless user.preferences.topics contains "sms" %} no sms{% endunless %} {{ user.preferences.topics | sort_natural | join: " & " | upcase }}'),
  mail('tier', '{% case user.locale %}{% when "de", "at" %}Hallo{% when "en" %}Hello{% else %}Hi{% endcase %} {% if user.points >= 1000 and user.points < 5000 %}Silver{% elsif user.points >= 5000 %}Gold{% endif %}'),
  mail('liquid-block', "{% liquid\n  assign name = user.first_name | capitalize\n  if user.points > 1000\n    echo 'Dear valued '\n  endif\n  echo name\n%}!"),
  mail('links', '<a href="https://x.example/u?e={{ user.email | url_encode }}&amp;m={{ message_id }}">Unsubscribe</a>'),
  mail('json-ld', '<script type="application/ld+json">{{ cart | json }}</script>'),
  mail('strict-ok', 'Hi {{ user.nickname | default: user.first_name }}{% if user.title %} {{ user.title }}{% endif %}', shop, {strict: true}),
  mail('strict-bad', 'Hi {{ user.nickname }}', shop, {strict: true}),
  mail('escaped', '<p>{{ shop.name }}</p>{{ "<hr>" | raw }}', shop, {escape: true}),
  mail('partials', '{% render "header", title: coupon.code %}{% for item in cart.items %}{% render "line", item: item, currency: shop.currency %}{% endfor %}{% render "footer" %}', shop,
    {partials: {header: '<h1>{{ title | downcase }}</h1>', line: '<li>{{ item.title | escape }} {{ item.price }} {{ currency }}</li>', footer: '<hr>{% comment %}no unsubscribe{% endcomment %}'}}),
  mail('plain-text', `Hello {{ user.first_name | capitalize }},

{% for item in cart.items -%}
* {{ item.title | strip_html | truncate: 12 }} x{{ item.quantity }}
{% endfor %}
-- {{ shop.name }}`),
  mail('birthday', '{% assign this_year = "now" | date: "%Y" %}{% assign year = user.birthday | date: "%Y" %}You turn {{ this_year | minus: year }} on {{ user.birthday | date: "%-d %B" }}', shop, {now: '2026-12-01T00:00:00Z'}),
  mail('grid', '<table>{% tablerow item in cart.items cols:2 %}<img alt="{{ item.title | escape }}">{% endtablerow %}</table>'),
];
