/** What clients create beside pods; message-types.ts says how it is read. */
export const OTHER_MESSAGES = `
Secret metadata=1:ObjectMeta data=2:{bytes} type=3 stringData=4:{string} immutable?=5:bool
ConfigMap metadata=1:ObjectMeta data=2:{string} binaryData=3:{bytes} immutable?=4:bool
Service metadata=1:ObjectMeta spec=2:ServiceSpec status=3:ServiceStatus
ServiceSpec ports=1:[ServicePort] selector=2:{string} clusterIP=3 type=4 externalIPs=5:[string] sessionAffinity=7
  loadBalancerIP=8 loadBalancerSourceRanges=9:[string] externalName=10 externalTrafficPolicy=11
  healthCheckNodePort=12:int32 publishNotReadyAddresses=13:bool sessionAffinityConfig?=14:SessionAffinityConfig
  ipFamilyPolicy?=17 clusterIPs=18:[string] ipFamilies=19:[string] allocateLoadBalancerNodePorts?=20:bool
  loadBalancerClass?=21 internalTrafficPolicy?=22 trafficDistribution?=23
ServicePort name=1 protocol=2 port=3:int32 targetPort=4:IntOrString nodePort=5:int32 appProtocol?=6
ClientIPConfig timeoutSeconds?=1:int32
ServiceStatus loadBalancer=1:LoadBalancerStatus conditions=2:[Condition]
LoadBalancerStatus ingress=1:[LoadBalancerIngress]
LoadBalancerIngress ip=1 hostname=2 ipMode?=3 ports=4:[PortStatus]
PortStatus port=1:int32 protocol=2 error?=3
Namespace metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus
NamespaceSpec finalizers=1:[string]
NamespaceStatus phase=1 conditions=2:[NamespaceCondition]
NamespaceCondition type=1 status=2 lastTransitionTime=4:Time reason=5 message=6
ServiceAccount metadata=1:ObjectMeta secrets=2:[ObjectReference] imagePullSecrets=3:[LocalObjectReference]
  automountServiceAccountToken?=4:bool
ObjectReference kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7
ResourceQuota metadata=1:ObjectMeta spec=2:ResourceQuotaSpec status=3:ResourceQuotaStatus
ResourceQuotaSpec hard=1:{Quantity} scopes=2:[string] scopeSelector?=3:ScopeSelector
ScopeSelector matchExpressions=1:[ScopedResourceSelectorRequirement]
ScopedResourceSelectorRequirement scopeName=1 operator=2 values=3:[string]
ResourceQuotaStatus hard=1:{Quantity} used=2:{Quantity}
LimitRange metadata=1:ObjectMeta spec=2:LimitRangeSpec
LimitRangeSpec limits=1:[LimitRangeItem]
LimitRangeItem type=1 max=2:{Quantity} min=3:{Quantity} default=4:{Quantity} defaultRequest=5:{Quantity}
  maxLimitRequestRatio=6:{Quantity}
PersistentVolumeClaim metadata=1:ObjectMeta spec=2:PersistentVolumeClaimSpec status=3:PersistentVolumeClaimStatus
PersistentVolumeClaimStatus phase=1 accessModes=2:[string] capacity=3:{Quantity}
  conditions=4:[PersistentVolumeClaimCondition] allocatedResources=5:{Quantity} allocatedResourceStatuses=7:{string}
  currentVolumeAttributesClassName?=8 modifyVolumeStatus?=9:ModifyVolumeStatus
PersistentVolumeClaimCondition type=1 status=2 lastProbeTime=3:Time lastTransitionTime=4:Time reason=5 message=6
Binding metadata=1:ObjectMeta target=2:ObjectReference
Role metadata=1:ObjectMeta rules=2:[PolicyRule]
PolicyRule verbs=1:[string] apiGroups=2:[string] resources=3:[string] resourceNames=4:[string]
  nonResourceURLs=5:[string]
RoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:RoleRef
Subject kind=1 apiGroup=2 name=3 namespace=4
RoleRef apiGroup=1 kind=2 name=3
ClusterRole metadata=1:ObjectMeta rules=2:[PolicyRule] aggregationRule?=3:AggregationRule
AggregationRule clusterRoleSelectors=1:[LabelSelector]
ClusterRoleBinding metadata=1:ObjectMeta subjects=2:[Subject] roleRef=3:RoleRef
Ingress metadata=1:ObjectMeta spec=2:IngressSpec status=3:IngressStatus
IngressSpec defaultBackend?=1:IngressBackend tls=2:[IngressTLS] rules=3:[IngressRule] ingressClassName?=4
IngressBackend resource?=3:TypedLocalObjectReference service?=4:IngressServiceBackend
IngressServiceBackend name=1 port=2:ServiceBackendPort
ServiceBackendPort name=1 number=2:int32
IngressTLS hosts=1:[string] secretName=2
IngressRule host=1 ...=2:IngressRuleValue
IngressRuleValue http?=1:HTTPIngressRuleValue
HTTPIngressRuleValue paths=1:[HTTPIngressPath]
HTTPIngressPath path=1 backend=2:IngressBackend pathType?=3
IngressStatus loadBalancer=1:IngressLoadBalancerStatus
IngressLoadBalancerStatus ingress=1:[IngressLoadBalancerIngress]
IngressLoadBalancerIngress ip=1 hostname=2 ports=4:[IngressPortStatus]
IngressPortStatus port=1:int32 protocol=2 error?=3
NetworkPolicy metadata=1:ObjectMeta spec=2:NetworkPolicySpec
NetworkPolicySpec podSelector=1:LabelSelector ingress=2:[NetworkPolicyIngressRule] egress=3:[NetworkPolicyEgressRule]
  policyTypes=4:[string]
NetworkPolicyIngressRule ports=1:[NetworkPolicyPort] from=2:[NetworkPolicyPeer]
NetworkPolicyPort protocol?=1 port?=2:IntOrString endPort?=3:int32
NetworkPolicyPeer podSelector?=1:LabelSelector namespaceSelector?=2:LabelSelector ipBlock?=3:IPBlock
IPBlock cidr=1 except=2:[string]
NetworkPolicyEgressRule ports=1:[NetworkPolicyPort] to=2:[NetworkPolicyPeer]
PodDisruptionBudget metadata=1:ObjectMeta spec=2:PodDisruptionBudgetSpec status=3:PodDisruptionBudgetStatus
PodDisruptionBudgetSpec minAvailable?=1:IntOrString selector?=2:LabelSelector maxUnavailable?=3:IntOrString
  unhealthyPodEvictionPolicy?=4
PodDisruptionBudgetStatus observedGeneration=1:int64 disruptedPods=2:{Time} disruptionsAllowed=3:int32
  currentHealthy=4:int32 desiredHealthy=5:int32 expectedPods=6:int32 conditions=7:[Condition]
Eviction metadata=1:ObjectMeta deleteOptions?=2:DeleteOptions
PriorityClass metadata=1:ObjectMeta value=2:int32 globalDefault=3:bool description=4 preemptionPolicy?=5
SelfSubjectAccessReview metadata=1:ObjectMeta spec=2:SelfSubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec resourceAttributes?=1:ResourceAttributes nonResourceAttributes?=2:NonResourceAttributes
ResourceAttributes namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7
  fieldSelector?=8:FieldSelectorAttributes labelSelector?=9:LabelSelectorAttributes
FieldSelectorAttributes rawSelector=1 requirements=2:[FieldSelectorRequirement]
LabelSelectorAttributes rawSelector=1 requirements=2:[LabelSelectorRequirement]
NonResourceAttributes path=1 verb=2
SubjectAccessReviewStatus allowed=1:bool reason=2 evaluationError=3 denied=4:bool
SelfSubjectRulesReview metadata=1:ObjectMeta spec=2:SelfSubjectRulesReviewSpec status=3:SubjectRulesReviewStatus
SelfSubjectRulesReviewSpec namespace=1
SubjectRulesReviewStatus resourceRules=1:[ResourceRule] nonResourceRules=2:[NonResourceRule] incomplete=3:bool
  evaluationError=4
ResourceRule verbs=1:[string] apiGroups=2:[string] resources=3:[string] resourceNames=4:[string]
NonResourceRule verbs=1:[string] nonResourceURLs=2:[string]
SubjectAccessReview metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
SubjectAccessReviewSpec resourceAttributes?=1:ResourceAttributes nonResourceAttributes?=2:NonResourceAttributes user=3
  groups=4:[string] extra=5:{Items} uid=6
LocalSubjectAccessReview metadata=1:ObjectMeta spec=2:SubjectAccessReviewSpec status=3:SubjectAccessReviewStatus
TokenRequest metadata=1:ObjectMeta spec=2:TokenRequestSpec status=3:TokenRequestStatus
TokenRequestSpec audiences=1:[string] boundObjectRef?=3:BoundObjectReference expirationSeconds?=4:int64
BoundObjectReference kind=1 apiVersion=2 name=3 uid=4
TokenRequestStatus token=1 expirationTimestamp=2:Time
SelfSubjectReview metadata=1:ObjectMeta status=2:SelfSubjectReviewStatus
SelfSubjectReviewStatus userInfo=1:UserInfo
UserInfo username=1 uid=2 groups=3:[string] extra=4:{Items}
`;
