/** One vendor's keys: literals, one of which stands in every key, and the form of a whole key. */
export interface VendorKey {
  readonly vendor: string;
  readonly literals: readonly string[];
  readonly pattern: RegExp;
  /** More of the form than a literal that is too common to look closer at each; triggers.ts has the notation. */
  readonly triggers?: readonly string[];
}

/**
 * The forms that vendors publish, and that the public rule sets of secret scanners hold. A pattern begins with a literal
 * that its tail cannot hold or swallows, and ends open, so that matching is linear.
 */
export const VENDOR_KEYS: readonly VendorKey[] = [
  {
    vendor: 'AWS access key id',
    literals: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    pattern: /(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  },
  { vendor: 'GitHub', literals: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], pattern: /gh[pousr]_[A-Za-z0-9]{30,}/g },
  { vendor: 'GitHub fine-grained', literals: ['github_pat_'], pattern: /github_pat_[A-Za-z0-9_]{22,}/g },
  {
    vendor: 'GitLab',
    literals: ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glsoat-', 'glft-', 'glimt-', 'glagent-'],
    pattern: /gl(?:pat|dt|rt|cbt|ptt|soat|ft|imt|agent)-[A-Za-z0-9_.=-]{20,}/g,
  },
  {
    vendor: 'Slack token',
    literals: ['xoxa-', 'xoxb-', 'xoxc-', 'xoxd-', 'xoxe-', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxe.', 'xapp-'],
    pattern: /(?:xox[abcdeoprs][.-]|xapp-)[A-Za-z0-9%.-]{10,}/g,
  },
  {
    vendor: 'Slack webhook',
    literals: ['hooks.slack.com/'],
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{20,}/g,
  },
  {
    vendor: 'Stripe',
    literals: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'whsec_'],
    pattern: /(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9+/]{10,}/g,
  },
  { vendor: 'Google API key', literals: ['AIza'], pattern: /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/g },
  { vendor: 'Google OAuth', literals: ['GOCSPX-', 'ya29.'], pattern: /(?:GOCSPX-|ya29\.)[A-Za-z0-9_-]{20,}/g },
  { vendor: 'Anthropic', literals: ['sk-ant-'], pattern: /sk-ant-[A-Za-z0-9_-]{16,}/g },
  {
    vendor: 'OpenAI project',
    literals: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    pattern: /sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{16,}/g,
  },
  {
    vendor: 'OpenAI and its like',
    literals: ['sk-'],
    // `risk-based` is no key; a field's length may end in a vowel.
    triggers: ['[^aeiou]sk-[A-Za-z0-9]', '\\x00\\x00\\x00[aeiou]sk-[A-Za-z0-9]'],
    pattern: /(?<![A-Za-z0-9])sk-(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{20,}/g,
  },
  { vendor: 'OpenRouter', literals: ['sk-or-v1-'], pattern: /sk-or-v1-[a-f0-9]{32,}/g },
  { vendor: 'npm', literals: ['npm_'], triggers: ['npm_'], pattern: /npm_[A-Za-z0-9]{36,}/g },
  { vendor: 'PyPI', literals: ['pypi-AgE'], pattern: /pypi-AgE[A-Za-z0-9_-]{16,}/g },
  { vendor: 'RubyGems', literals: ['rubygems_'], pattern: /rubygems_[a-f0-9]{48}/g },
  {
    vendor: 'SendGrid',
    literals: ['SG.'],
    triggers: ['SG\\.[A-Za-z0-9_-]'],
    pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,}/g,
  },
  {
    vendor: 'Twilio',
    literals: ['SK', 'AC'],
    triggers: ['[SA][KC][0-9a-f]{3}'],
    pattern: /(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])/g,
  },
  {
    vendor: 'Mailgun',
    literals: ['key-'],
    triggers: ['key-[0-9a-f]{2}'],
    pattern: /(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![A-Za-z0-9])/g,
  },
  {
    vendor: 'Mailchimp',
    literals: ['-us'],
    triggers: ['[0-9a-f]-us\\d'],
    pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/g,
  },
  { vendor: 'DigitalOcean', literals: ['dop_v1_', 'doo_v1_', 'dor_v1_'], pattern: /do[opr]_v1_[a-f0-9]{64}/g },
  { vendor: 'Docker Hub', literals: ['dckr_pat_', 'dckr_oat_'], pattern: /dckr_[po]at_[A-Za-z0-9_-]{20,}/g },
  {
    vendor: 'Shopify',
    literals: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    pattern: /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/g,
  },
  { vendor: 'Square', literals: ['sq0atp-', 'sq0csp-'], pattern: /sq0(?:atp|csp)-[A-Za-z0-9_-]{22,}/g },
  {
    vendor: 'Hugging Face',
    literals: ['hf_'],
    triggers: ['hf_'],
    pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g,
  },
  { vendor: 'Groq', literals: ['gsk_'], pattern: /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,}/g },
  { vendor: 'xAI', literals: ['xai-'], pattern: /(?<![A-Za-z0-9])xai-[A-Za-z0-9]{40,}/g },
  { vendor: 'Perplexity', literals: ['pplx-'], pattern: /pplx-[A-Za-z0-9]{40,}/g },
  {
    vendor: 'Databricks',
    literals: ['dapi'],
    triggers: ['dapi'],
    pattern: /(?<![A-Za-z0-9])dapi[a-f0-9]{32}/g,
  },
  {
    vendor: 'HashiCorp Vault',
    literals: ['hvs.', 'hvb.', 'hvr.'],
    pattern: /(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{24,}/g,
  },
  {
    vendor: 'Terraform Cloud',
    literals: ['.atlasv1.'],
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{40,}/g,
  },
  { vendor: 'Atlassian', literals: ['ATATT3', 'ATCTT3'], pattern: /AT[AC]TT3[A-Za-z0-9_=-]{40,}/g },
  { vendor: 'Grafana', literals: ['glsa_', 'glc_'], pattern: /gl(?:sa|c)_[A-Za-z0-9_+/=]{32,}/g },
  { vendor: 'New Relic', literals: ['NRAK-'], pattern: /NRAK-[A-Z0-9]{27}/g },
  { vendor: 'Postman', literals: ['PMAK-'], pattern: /PMAK-[a-f0-9]{24}-[a-f0-9]{34}/g },
  { vendor: 'Pulumi', literals: ['pul-'], pattern: /(?<![A-Za-z0-9])pul-[a-f0-9]{40}/g },
  { vendor: 'Doppler', literals: ['dp.pt.', 'dp.st.'], pattern: /dp\.[ps]t\.[A-Za-z0-9._-]{40,}/g },
  {
    vendor: 'PlanetScale',
    literals: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'],
    pattern: /pscale_(?:tkn|pw|oauth)_[A-Za-z0-9=._-]{32,}/g,
  },
  {
    vendor: 'Supabase',
    literals: ['sbp_', 'sb_secret_'],
    pattern: /(?:sbp_[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{20,})/g,
  },
  { vendor: 'Sentry', literals: ['sntrys_', 'sntryu_'], pattern: /sntry[su]_[A-Za-z0-9_=+/-]{40,}/g },
  { vendor: 'Linear', literals: ['lin_api_'], pattern: /lin_api_[A-Za-z0-9]{32,}/g },
  {
    vendor: 'Telegram',
    literals: [':AA'],
    triggers: ['\\d:AA'],
    pattern: /(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  { vendor: 'Buildkite', literals: ['bkua_'], pattern: /bkua_[a-f0-9]{40}/g },
  { vendor: 'CircleCI', literals: ['CCIPAT_', 'CCIPRJ_'], pattern: /CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}/g },
  { vendor: '1Password', literals: ['ops_eyJ'], pattern: /ops_eyJ[A-Za-z0-9+/]{200,}={0,3}/g },
  { vendor: 'NVIDIA', literals: ['nvapi-'], pattern: /nvapi-[A-Za-z0-9_-]{60,}/g },
  { vendor: 'Figma', literals: ['figd_'], pattern: /figd_[A-Za-z0-9_-]{30,}/g },
  { vendor: 'age', literals: ['AGE-SECRET-KEY-1'], pattern: /AGE-SECRET-KEY-1[A-Z0-9]{50,}/g },
  { vendor: 'Azure storage', literals: ['AccountKey='], pattern: /AccountKey=[A-Za-z0-9+/]{80,}={0,2}/g },
];
