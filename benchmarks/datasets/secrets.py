# ruff: noqa: E501 - a way of writing a secret per line
"""Secrets of many kinds, made at run time: random values in each provider's published format, as people write them.

Nothing here is or resembles a literal secret, so scanners stay quiet about this file. A format is text with fields
`<alphabet:length>` (`<hex:32>`) that are filled at random.

Half of the kinds are held out (`Kind.held_out`): they were written down before the detector was tuned and are only
reported as a total. Which half is decided by a hash of the name, so that no one chose.
"""

import hashlib
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Place = Literal["code", "config", "prose", "url"]
PLACES: tuple[Place, ...] = ("code", "config", "prose", "url")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: its value's format, the words it is named by, and how it is written."""

    name: str
    format: str
    words: str = ""
    """Of the name it is assigned to: `datadog api key`. Empty if the value is known by its own shape."""
    written: tuple[tuple[Place, str], ...] = ()
    """Place and text with `{}` for the value; empty for the usual ways."""

    @property
    def held_out(self) -> bool:
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret in a text."""

    kind: Kind
    place: Place
    text: str
    value: str


def planted(kind: Kind, chance: random.Random) -> Iterator[Planted]:
    """One secret of this kind in each of the ways it is written."""
    for place, way in kind.written or _ways(kind):
        value = _value(kind.format, chance)
        yield Planted(kind, place, way.replace("{}", value), value)


def _ways(kind: Kind) -> Iterator[tuple[Place, str]]:
    words = (kind.words or "token").split()
    snake, camel = "_".join(words), words[0] + "".join(word.title() for word in words[1:])
    named = " ".join([words[0].title(), *words[1:]])
    yield "code", f'{snake.upper()} = "{{}}"\n'
    yield "code", f"const {camel} = '{{}}';\n"
    yield "code", f'    client = Client("https://example.org", {snake}="{{}}", timeout=3)\n'
    yield "code", f'\t{camel} := "{{}}"\n'
    yield "config", f"{snake.upper()}={{}}\n"
    yield "config", f"  {snake}: {{}}\n"
    yield "config", f'{{"{camel}": "{{}}", "retries": 3}}\n'
    yield "prose", f"# {named}: {{}}\n"
    yield "prose", f"The {named} is `{{}}`, which the nightly job uses.\n"
    yield "url", f"https://api.example.org/v1/items?limit=5&{'_'.join(words[-2:])}={{}}\n"
    if not kind.words:
        # Known by its own shape, it has to be found without a name.
        yield "code", '    upload(folder, "{}")\n'
        yield "prose", "// This worked last week with {} but no longer does\n"
        yield "url", "https://git:{}@git.example.org/team/app.git\n"


_ALPHABETS = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "dig": string.digits,
    "low": string.ascii_lowercase + string.digits,
    "up": string.ascii_uppercase + string.digits,
    "b32": string.ascii_uppercase + "234567",
    "abc": string.ascii_letters,
    "b62": string.ascii_letters + string.digits,
    "b64": string.ascii_letters + string.digits + "+/",
    "url": string.ascii_letters + string.digits + "-_",
    "pass": string.ascii_letters + string.digits + "!#*+~",
    "bech": "qpzry9x8gf2tvdw0s3jn54khce6mua7l".upper(),
}
_FIELD = re.compile(r"<(\w+):(\d+)>|<(uuid|word)>")
_WORDS = [
    "amber",
    "basil",
    "cedar",
    "delta",
    "ember",
    "flint",
    "grove",
    "heron",
    "indigo",
    "juniper",
    "kelp",
    "lotus",
    "maple",
    "nectar",
    "onyx",
    "pearl",
    "quartz",
]


def _value(form: str, chance: random.Random) -> str:
    def fill(field: re.Match[str]) -> str:
        if field[3] == "uuid":
            digits = "".join(chance.choices(_ALPHABETS["hex"], k=32))
            return "-".join([digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:]])
        if field[3] == "word":
            return chance.choice(_WORDS)
        letters = chance.choices(_ALPHABETS[field[1]], k=int(field[2]))
        if field[1] not in ("dig", "abc") and int(field[2]) > 3:
            # Real ones of this length hold a digit practically always; let none of ours fail for the lack of one.
            letters[chance.randrange(1, len(letters) - 1)] = chance.choice("23456789" if field[1] != "bech" else "2345")
        return "".join(letters)

    return _FIELD.sub(fill, form.replace("¦", ""))


def _kinds() -> Iterator[Kind]:
    for line in _SHAPED.strip().splitlines():
        name, form = line.split()
        yield Kind(name, form)
    for line in _NAMED.strip().splitlines():
        name, form, *words = line.split()
        yield Kind(name, form, " ".join(words))
    for name, form, *ways in _WRITTEN:
        yield Kind(name, form, written=tuple(ways))


# The broken bar (¦) is removed: it breaks up prefixes that scanners look for.
_SHAPED = """
aws-access-key AK¦IA<b32:16>
aws-temporary-key AS¦IA<b32:16>
aws-bedrock-key AB¦SK<b64:120>
aws-mws-token amzn.mws¦.<uuid>
github-pat gh¦p_<b62:36>
github-oauth gh¦o_<b62:36>
github-user-token gh¦u_<b62:36>
github-server-token gh¦s_<b62:36>
github-refresh-token gh¦r_<b62:36>
github-fine-grained github¦_pat_<b62:22>_<b62:59>
gitlab-pat gl¦pat-<url:20>
gitlab-trigger gl¦ptt-<hex:40>
gitlab-runner gl¦rt-<url:20>
gitlab-deploy gl¦dt-<url:20>
gitlab-feed gl¦ft-<url:20>
gitlab-job gl¦cbt-64_<url:20>
gitlab-oauth gl¦oas-<url:64>
gitlab-scim gl¦soat-<url:20>
gitlab-mail gl¦imt-<low:25>
gitlab-agent gl¦agent-<url:50>
gitlab-flags gl¦ffct-<url:20>
gitlab-registration GR¦1348941<url:20>
slack-bot xo¦xb-<dig:12>-<dig:13>-<b62:24>
slack-user xo¦xp-<dig:12>-<dig:12>-<dig:13>-<hex:32>
slack-app xa¦pp-1-A<up:10>-<dig:13>-<hex:64>
slack-refresh xo¦xe-1-<b62:146>
slack-webhook https://hooks.slack¦.com/services/T<up:10>/B<up:10>/<b62:24>
stripe-live sk¦_live_<b62:24>
stripe-restricted rk¦_live_<b62:99>
stripe-webhook wh¦sec_<b62:32>
openai-legacy sk¦-<b62:20>T3Blbk¦FJ<b62:20>
openai-project sk¦-proj-<url:74>T3Blbk¦FJ<url:74>
anthropic-api sk¦-ant-api03-<url:93>AA
anthropic-admin sk¦-ant-admin01-<url:93>AA
openrouter sk¦-or-v1-<hex:64>
deepseek sk¦-<hex:32>
groq gs¦k_<b62:52>
xai xa¦i-<b62:80>
replicate r8¦_<b62:37>
perplexity pp¦lx-<b62:48>
huggingface hf¦_<abc:34>
langsmith ls¦v2_pt_<hex:32>_<hex:10>
pinecone pc¦sk_<b62:6>_<b62:63>
nvidia nv¦api-<url:64>
fireworks fw¦_<b62:22>
google-api AI¦za<url:35>
google-oauth-access ya¦29.<url:120>
google-oauth-client GOC¦SPX-<url:28>
google-oauth-refresh 1//0¦<dig:1><url:60>
firebase-messaging AAAA¦<url:7>:APA91b<url:134>
azure-ad-secret <b62:3>8Q¦~<url:34>
heroku-key HRKU-A¦A<url:58>
cloudflare-origin-ca v1.0¦-<hex:24>-<hex:146>
digitalocean-pat do¦p_v1_<hex:64>
digitalocean-oauth do¦o_v1_<hex:64>
digitalocean-refresh do¦r_v1_<hex:64>
fly-fm2 fm¦2_<b64:150>
fly-fo1 fo¦1_<url:43>
netlify nf¦p_<b62:36>
render rn¦d_<b62:28>
supabase-access sb¦p_<hex:40>
supabase-secret sb¦_secret_<url:22>_<url:8>
planetscale-token pscale¦_tkn_<url:43>
planetscale-password pscale¦_pw_<url:43>
neon na¦pi_<low:64>
databricks da¦pi<hex:32>
newrelic-user NR¦AK-<up:27>
newrelic-browser NR¦JS-<hex:19>
newrelic-license <hex:36>FFFF¦NRAL
newrelic-insert NR¦II-<url:32>
sentry-user snt¦ryu_<hex:64>
sentry-org snt¦rys_eyJpYXQiO<b62:60>LCJyZWdpb25fdXJs<b62:60>_<b64:43>
grafana-service gl¦sa_<b62:32>_<hex:8>
grafana-cloud gl¦c_<b64:60>
grafana-legacy eyJr¦Ijoi<b62:80>
dynatrace dt0¦c01.<b32:24>.<b32:64>
honeycomb hca¦ik_<low:58>
twilio-key S¦K<hex:32>
sendgrid S¦G.<url:22>.<url:43>
mailgun-key ke¦y-<hex:32>
mailchimp <hex:32>-u¦s12
brevo xkey¦sib-<hex:64>-<b62:16>
resend re¦_<b62:8>_<b62:24>
telegram-bot <dig:10>:A¦A<url:33>
discord-bot M<b62:23>.G<b62:5>.<url:38>
discord-webhook https://discord¦.com/api/webhooks/<dig:18>/<url:68>
teams-webhook https://contoso.webhook¦.office.com/webhookb2/<uuid>@<uuid>/IncomingWebhook/<hex:32>/<uuid>
hubspot-app pa¦t-na1-<uuid>
salesforce-session 00D<b62:12>!AQ¦<b62:94>
npm np¦m_<b62:36>
pypi py¦pi-AgEIcHlwaS5vcmc<url:120>
rubygems rubygems¦_<hex:48>
nuget oy¦2<low:43>
crates-io ci¦o<b62:32>
clojars CLO¦JARS_<low:60>
docker-pat dck¦r_pat_<url:27>
docker-org dck¦r_oat_<url:32>
artifactory-key AK¦Cp<b62:69>
artifactory-reference cmV¦md<b62:59>
postman PM¦AK-<hex:24>-<hex:34>
pulumi pu¦l-<hex:40>
terraform-cloud <b62:14>.atlas¦v1.<url:67>
vault-service hv¦s.<url:95>
vault-batch hv¦b.<url:140>
doppler-personal dp¦.pt.<b62:43>
doppler-service dp¦.st.dev.<b62:43>
infracost ic¦o-<b62:32>
prefect pn¦u_<b62:36>
airtable-pat pa¦t<b62:14>.<hex:64>
notion nt¦n_<dig:11><b62:35>
notion-legacy secret¦_<b62:43>
linear lin¦_api_<b62:40>
figma fi¦gd_<url:40>
shippo shippo¦_live_<hex:40>
easypost EZ¦AK<b62:54>
duffel duffel¦_live_<url:43>
square-access EA¦AA<url:60>
square-legacy sq0¦atp-<url:22>
square-secret sq0¦csp-<url:43>
braintree access¦_token$production$<low:16>$<hex:32>
shopify-admin shp¦at_<hex:32>
shopify-shared shp¦ss_<hex:32>
flutterwave FLW¦SECK_TEST-<hex:32>-X
gocardless live¦_<url:40>
typeform tf¦p_<b62:44>_<b62:14>
contentful CF¦PAT-<url:43>
mapbox-secret sk¦.eyJ1Ijoi<b62:60>.<url:22>
onepassword-service op¦s_eyJ<b64:260>
onepassword-key A3-¦<up:6>-<up:11>-<up:5>-<up:5>-<up:5>
age AGE-SECRET¦-KEY-1<bech:58>
openshift sha256¦~<url:43>
json-web-token ey¦JhbGciOiJIUzI1NiJ9.ey¦J<b62:80>.<url:43>
circleci CCI¦PAT_<b62:22>_<hex:40>
buildkite bk¦ua_<hex:40>
sonar-user sq¦u_<hex:40>
sourcegraph sg¦p_<hex:40>
launchdarkly-api ap¦i-<uuid>
posthog-personal ph¦x_<b62:43>
readme rd¦me_<low:70>
yandex AQ¦VN<url:36>
alibaba LT¦AI<b62:20>
tencent AK¦ID<b62:32>
dropbox sl¦.<url:136>
facebook-page EAA¦C<b62:120>
trello AT¦TA<hex:64><HEX:8>
bitbucket-app AT¦BB<b62:32>
atlassian AT¦ATT3<url:180>=<HEX:8>
adobe-secret p8¦e-<low:32>
maxmind <b62:6>_<b62:29>_m¦mk
octopus AP¦I-<up:26>
scalingo tk¦-us-<url:48>
shadow-hash $6$¦<b62:16>$<b62:86>
bcrypt-hash $2b$¦12$<b62:53>
"""

_NAMED = """
aws-secret <b64:40> aws secret access key
aws-session-token IQoJb3JpZ2luX2Vj<b64:720> aws session token
airtable-key key<b62:14> airtable api key
datadog-api <hex:32> datadog api key
datadog-app <hex:40> datadog app key
cohere <b62:40> cohere api key
mistral <b62:32> mistral api key
together <hex:64> together api key
wandb <hex:40> wandb api key
elevenlabs sk_<hex:48> elevenlabs api key
azure-storage <b64:86>== azure storage key
azure-devops <low:52> azure devops pat
azure-subscription <hex:32> ocp apim subscription key
azure-openai <hex:32> azure openai key
heroku-uuid <uuid> heroku api key
cloudflare-token <url:40> cloudflare api token
cloudflare-global <hex:37> cloudflare api key
linode <hex:64> linode token
vultr <up:36> vultr api key
hetzner <b62:64> hcloud token
vercel <b62:24> vercel token
railway <uuid> railway token
rollbar <hex:32> rollbar access token
splunk-hec <uuid> splunk hec token
pagerduty u+<b62:18> pagerduty api key
opsgenie <uuid> opsgenie api key
twilio-auth <hex:32> twilio auth token
mailgun-private <hex:32>-<hex:8>-<hex:8> mailgun private key
postmark <uuid> postmark server token
sparkpost <hex:40> sparkpost api key
intercom <b62:58>= intercom access token
zendesk <b62:40> zendesk api token
algolia-admin <hex:32> algolia admin key
okta 00<url:40> okta api token
auth0-client <url:64> auth0 client secret
oauth-client <b62:32> client secret
jenkins 11<hex:32> jenkins api token
travis <b62:22> travis token
drone <low:32> drone token
snyk <uuid> snyk token
codecov <uuid> codecov token
segment <b62:32> segment write key
spotify <hex:32> spotify client secret
twitch <low:30> twitch client secret
twitter-secret <b62:50> twitter consumer secret
plaid <hex:30> plaid secret
coinbase <b62:32> coinbase api secret
razorpay <b62:24> razorpay key secret
paypal <url:80> paypal client secret
fernet <url:43>= fernet key
django <pass:50> secret key
rails-master <hex:32> rails master key
laravel base64:<b64:43>= app key
session-secret <hex:64> session secret
jwt-secret <url:43> jwt secret
encryption-key <hex:64> encryption key
signing-key <b64:43>= signing key
database-password <pass:16> database password
db-pass <pass:12> db pass
short-pw <word><dig:3>! pw
mysql-pwd <pass:14> mysql pwd
percent-password Pa%s<b62:6>%d<dig:2> smtp password
word-password <word>-<word>-<dig:4> admin password
root-password <word>@<dig:4> root passwd
passphrase <word>.<word>.<dig:2>! key passphrase
"""

_PEM = "\n".join(["<b64:64>"] * 12)
_WRITTEN: tuple[tuple[str, str, *tuple[tuple[Place, str], ...]], ...] = (
    ("private-key-rsa", _PEM, ("config", "-----BEGIN RSA PRIVATE" + " KEY-----\n{}\n-----END RSA PRIVATE" + " KEY-----\n")),
    ("private-key-ec", _PEM, ("code", 'KEY = """-----BEGIN EC PRIVATE' + ' KEY-----\n{}\n-----END EC PRIVATE KEY-----"""\n')),
    ("private-key-openssh", _PEM, ("config", "-----BEGIN OPENSSH PRIVATE" + " KEY-----\n{}\n-----END OPENSSH PRIVATE" + " KEY-----\n")),
    ("private-key-pgp", _PEM, ("config", "-----BEGIN PGP PRIVATE" + " KEY BLOCK-----\n\n{}\n-----END PGP PRIVATE" + " KEY BLOCK-----\n")),
    ("private-key-putty", "<b64:64>\n<b64:64>\n<b64:32>", ("config", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPrivate-Lines: 3\n{}\nPrivate-MAC: 0\n")),
    ("kube-client-key", "<b64:1200>==", ("config", "users:\n- name: admin\n  user:\n    client-key-data: {}\n")),
    ("kube-secret", "<b64:24>==", ("config", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: {}\n")),
    ("google-private-key-id", "<hex:40>", ("config", '{"type": "service_account", "private_key_id": "{}"}\n'), ("code", 'info = {"private_key_id": "{}", "project_id": "x"}\n')),
    ("netrc", "<pass:14>", ("config", "machine api.example.org login deploy password {}\n"), ("config", "machine api.example.org\n  login deploy\n  password {}\n")),
    ("pgpass", "<pass:14>", ("config", "db.example.org:5432:shop:deploy:{}\n"), ("config", "localhost:5432:*:postgres:{}\n")),
    ("git-credentials", "<pass:16>", ("url", "https://deploy:{}@git.example.org\n")),
    ("docker-auth", "<b64:40>", ("config", '{"auths": {"registry.example.org": {"auth": "{}"}}}\n')),
    ("wireguard", "<b64:43>=", ("config", "[Interface]\nPrivateKey = {}\nAddress = 10.0.0.2/32\n")),
    ("json-web-key", "<url:43>", ("config", '{"kty": "EC", "crv": "P-256", "x": "a", "y": "b", "d": "{}"}\n'), ("code", 'jwk = {"kty": "OKP", "crv": "Ed25519", "d": "{}"}\n')),
    ("my-cnf", "<pass:12>", ("config", "[client]\nuser = root\npassword = {}\n")),
    ("npmrc-auth", "<uuid>", ("config", "//registry.example.org/:_authToken={}\n")),
    ("npmrc-password", "<b64:28>==", ("config", "//registry.example.org/:_password={}\n")),
    ("maven-settings", "<pass:14>", ("config", "<server><id>x</id><username>deploy</username><password>{}</password></server>\n")),
    ("nuget-config", "<pass:14>", ("config", '<add key="ClearTextPassword" value="{}" />\n')),
    ("dotnet-connection", "<pass:14>", ("config", '"Default": "Server=db;Database=shop;User Id=sa;Password={};Encrypt=true"\n'), ("code", 'var c = new SqlConnection("Server=db;User Id=sa;Pwd={};");\n')),
    ("jdbc-url", "<b62:14>", ("url", "jdbc:postgresql://db:5432/shop?user=deploy&password={}&ssl=true\n"), ("code", 'String url = "jdbc:mysql://db/shop?user=deploy&password={}";\n')),
    ("mongodb-url", "<b62:16>", ("url", "mongodb+srv://deploy:{}@cluster0.example.net/shop\n"), ("code", 'client = MongoClient("mongodb://deploy:{}@db:27017")\n')),
    ("redis-url", "<b62:20>", ("url", "rediss://:{}@cache.example.org:6380/0\n"), ("config", "REDIS_URL=redis://default:{}@cache:6379\n")),
    ("amqp-url", "<b62:16>", ("url", "amqps://app:{}@mq.example.org/vhost\n")),
    ("postgres-url", "<pass:16>", ("config", "DATABASE_URL=postgresql://app:{}@db:5432/shop\n"), ("code", 'engine = create_engine("postgresql+psycopg://app:{}@db/shop")\n')),
    ("mysql-argument", "<b62:14>", ("config", "mysqldump -u root -p{} shop > dump.sql\n"), ("config", "mysql --user=root --password={} shop\n")),
    ("curl-user", "<b62:14>", ("config", "curl -u deploy:{} https://api.example.org/items\n"), ("prose", "Try `curl --user deploy:{} https://api.example.org` first.\n")),
    ("sshpass", "<pass:12>", ("config", "sshpass -p '{}' ssh deploy@example.org\n")),
    ("basic-header", "<b64:32>=", ("code", 'headers = {"Authorization": "Basic {}"}\n'), ("config", "curl -H 'Authorization: Basic {}' https://example.org\n")),
    ("bearer-header", "<b62:40>", ("code", 'headers = {"Authorization": "Bearer {}"}\n'), ("prose", "# send Authorization: Bearer {}\n")),
    ("api-key-header", "<b62:32>", ("code", 'headers = {"X-API-Key": "{}"}\n'), ("config", "curl -H 'X-Api-Key: {}' https://example.org\n")),
    ("azure-account-key", "<b64:86>==", ("config", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core.windows.net\n"), ("code", 'const c = "Endpoint=sb://x.example.net/;SharedAccessKeyName=Root;SharedAccessKey={}";\n')),
    ("azure-signature", "<b62:42>%3D", ("url", "https://x.blob.core.windows.net/c/b?sv=2022-11-02&se=2030-01-01&sr=b&sp=r&sig={}\n")),
    ("azure-function-code", "<url:54>==", ("url", "https://x.azurewebsites.net/api/run?code={}\n")),
    ("aws-signature", "<hex:64>", ("url", "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={}\n")),
    ("url-password-parameter", "<pass:12>", ("url", "https://example.org/login?user=me&password={}\n"), ("url", "https://example.org/?pw={}&next=1\n")),
    ("url-access-token", "<b62:40>", ("url", "https://graph.example.org/me?access_token={}\n"), ("url", "https://example.org/hook?token={}&event=push\n")),
    ("url-client-secret", "<b62:36>", ("url", "https://login.example.org/token?grant_type=x&client_id=a&client_secret={}\n")),
    ("prose-password", "<pass:10>", ("prose", "password: {}\n"), ("prose", "Log in as admin with password {} for now.\n"), ("prose", "# The root password is {}\n")),
    ("prose-login", "<word><dig:4>!", ("prose", "Test account: demo@example.org, password: {}.\n"), ("prose", "// pwd: {}\n")),
    ("htpasswd", "$apr1$¦<b62:8>$<b62:22>", ("config", "admin:{}\n")),
    ("ansible-vault", "<hex:80>\n          <hex:80>", ("config", "secret: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          {}\n")),
    ("zapier-webhook", "<dig:8>/<low:7>", ("url", "https://hooks.zapier.com/hooks/catch/{}/\n"), ("code", 'HOOK = "https://hooks.zapier.com/hooks/catch/{}"\n')),
    ("google-chat-webhook", "<url:43>", ("url", "https://chat.googleapis.com/v1/spaces/AAAA/messages?key=k&token={}\n")),
    ("sentry-dsn-secret", "<hex:32>", ("url", "https://<hex:32>:{}@sentry.example.org/4\n".replace("<hex:32>", "a" * 8)),),
    ("asp-machine-key", "<HEX:64>", ("config", '<machineKey validationKey="{}" validation="SHA1" />\n')),
    ("wordpress-salt", "<pass:64>", ("code", "define( 'AUTH_KEY', '{}' );\n"), ("code", "define('LOGGED_IN_SALT', '{}');\n")),
    ("spring-password", "<pass:14>", ("config", "spring.datasource.password={}\n"), ("config", "spring:\n  datasource:\n    password: {}\n")),
    ("compose-password", "<pass:14>", ("config", "    environment:\n      - POSTGRES_PASSWORD={}\n"), ("config", "      MYSQL_ROOT_PASSWORD: {}\n")),
    ("powershell", "<pass:14>", ("code", "$p = ConvertTo-SecureString '{}' -AsPlainText -Force\n")),
    ("connect-argument", "<pass:14>", ("code", "conn = psycopg2.connect(host='db', user='app', password='{}')\n"), ("code", "conn.login('me', passwd=\"{}\")\n")),
    ("dockerfile", "<b62:32>", ("config", "ENV APP_SECRET={}\n"), ("config", "ARG NPM_TOKEN={}\n")),
)  # fmt: skip

KINDS: tuple[Kind, ...] = tuple(_kinds())
