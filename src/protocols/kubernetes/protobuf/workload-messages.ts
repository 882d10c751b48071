/** Metadata (`meta/v1`), and what makes pods (`apps/v1`, `batch/v1`, `autoscaling/v1`); message-types.ts says how it is read. */
export const WORKLOAD_MESSAGES = `
ObjectMeta name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7:int64
  creationTimestamp=8:Time deletionTimestamp?=9:Time deletionGracePeriodSeconds?=10:int64 labels=11:{string}
  annotations=12:{string} ownerReferences=13:[OwnerReference] finalizers=14:[string]
  managedFields=17:[ManagedFieldsEntry] clusterName=15
OwnerReference kind=1 name=3 uid=4 apiVersion=5 controller?=6:bool blockOwnerDeletion?=7:bool
ManagedFieldsEntry manager=1 operation=2 apiVersion=3 time?=4:Time fieldsType=6 fieldsV1?=7:Raw subresource=8
LabelSelector matchLabels=1:{string} matchExpressions=2:[LabelSelectorRequirement]
LabelSelectorRequirement key=1 operator=2 values=3:[string]
Condition type=1 status=2 observedGeneration=3:int64 lastTransitionTime=4:Time reason=5 message=6
DeleteOptions gracePeriodSeconds?=1:int64 preconditions?=2:Preconditions orphanDependents?=3:bool propagationPolicy?=4
  dryRun=5:[string] ignoreStoreReadErrorWithClusterBreakingPotential?=6:bool
Preconditions uid?=1 resourceVersion?=2
FieldSelectorRequirement key=1 operator=2 values=3:[string]
PodTemplate metadata=1:ObjectMeta template=2:PodTemplateSpec
PodTemplateSpec metadata=1:ObjectMeta spec=2:PodSpec
ReplicationController metadata=1:ObjectMeta spec=2:ReplicationControllerSpec status=3:ReplicationControllerStatus
ReplicationControllerSpec replicas?=1:int32 selector=2:{string} template?=3:PodTemplateSpec minReadySeconds=4:int32
ReplicationControllerStatus replicas=1:int32 fullyLabeledReplicas=2:int32 observedGeneration=3:int64
  readyReplicas=4:int32 availableReplicas=5:int32 conditions=6:[ReplicationControllerCondition]
ReplicationControllerCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
Deployment metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus
DeploymentSpec replicas?=1:int32 selector?=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy
  minReadySeconds=5:int32 revisionHistoryLimit?=6:int32 paused=7:bool progressDeadlineSeconds?=9:int32
DeploymentStrategy type=1 rollingUpdate?=2:RollingUpdateDeployment
RollingUpdateDeployment maxUnavailable?=1:IntOrString maxSurge?=2:IntOrString
DeploymentStatus observedGeneration=1:int64 replicas=2:int32 updatedReplicas=3:int32 availableReplicas=4:int32
  unavailableReplicas=5:int32 conditions=6:[DeploymentCondition] readyReplicas=7:int32 collisionCount?=8:int32
  terminatingReplicas?=9:int32
DeploymentCondition type=1 status=2 reason=4 message=5 lastUpdateTime=6:Time lastTransitionTime=7:Time
ReplicaSet metadata=1:ObjectMeta spec=2:ReplicaSetSpec status=3:ReplicaSetStatus
ReplicaSetSpec replicas?=1:int32 selector?=2:LabelSelector template=3:PodTemplateSpec minReadySeconds=4:int32
ReplicaSetStatus replicas=1:int32 fullyLabeledReplicas=2:int32 observedGeneration=3:int64 readyReplicas=4:int32
  availableReplicas=5:int32 conditions=6:[ReplicaSetCondition] terminatingReplicas?=7:int32
ReplicaSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
StatefulSet metadata=1:ObjectMeta spec=2:StatefulSetSpec status=3:StatefulSetStatus
StatefulSetSpec replicas?=1:int32 selector?=2:LabelSelector template=3:PodTemplateSpec
  volumeClaimTemplates=4:[PersistentVolumeClaim] serviceName=5 podManagementPolicy=6
  updateStrategy=7:StatefulSetUpdateStrategy revisionHistoryLimit?=8:int32 minReadySeconds=9:int32
  persistentVolumeClaimRetentionPolicy?=10:StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals?=11:StatefulSetOrdinals
StatefulSetUpdateStrategy type=1 rollingUpdate?=2:RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy partition?=1:int32 maxUnavailable?=2:IntOrString
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted=1 whenScaled=2
StatefulSetOrdinals start=1:int32
StatefulSetStatus observedGeneration=1:int64 replicas=2:int32 readyReplicas=3:int32 currentReplicas=4:int32
  updatedReplicas=5:int32 currentRevision=6 updateRevision=7 collisionCount?=9:int32
  conditions=10:[StatefulSetCondition] availableReplicas=11:int32
StatefulSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
DaemonSet metadata=1:ObjectMeta spec=2:DaemonSetSpec status=3:DaemonSetStatus
DaemonSetSpec selector?=1:LabelSelector template=2:PodTemplateSpec updateStrategy=3:DaemonSetUpdateStrategy
  minReadySeconds=4:int32 revisionHistoryLimit?=6:int32
DaemonSetUpdateStrategy type=1 rollingUpdate?=2:RollingUpdateDaemonSet
RollingUpdateDaemonSet maxUnavailable?=1:IntOrString maxSurge?=2:IntOrString
DaemonSetStatus currentNumberScheduled=1:int32 numberMisscheduled=2:int32 desiredNumberScheduled=3:int32
  numberReady=4:int32 observedGeneration=5:int64 updatedNumberScheduled=6:int32 numberAvailable=7:int32
  numberUnavailable=8:int32 collisionCount?=9:int32 conditions=10:[DaemonSetCondition]
DaemonSetCondition type=1 status=2 lastTransitionTime=3:Time reason=4 message=5
Job metadata=1:ObjectMeta spec=2:JobSpec status=3:JobStatus
JobSpec parallelism?=1:int32 completions?=2:int32 activeDeadlineSeconds?=3:int64 selector?=4:LabelSelector
  manualSelector?=5:bool template=6:PodTemplateSpec backoffLimit?=7:int32 ttlSecondsAfterFinished?=8:int32
  completionMode?=9 suspend?=10:bool podFailurePolicy?=11:PodFailurePolicy backoffLimitPerIndex?=12:int32
  maxFailedIndexes?=13:int32 podReplacementPolicy?=14 managedBy?=15 successPolicy?=16:SuccessPolicy
PodFailurePolicy rules=1:[PodFailurePolicyRule]
PodFailurePolicyRule action=1 onExitCodes?=2:PodFailurePolicyOnExitCodesRequirement
  onPodConditions=3:[PodFailurePolicyOnPodConditionsPattern]
PodFailurePolicyOnExitCodesRequirement containerName?=1 operator=2 values=3:[int32]
PodFailurePolicyOnPodConditionsPattern type=1 status=2
SuccessPolicy rules=1:[SuccessPolicyRule]
SuccessPolicyRule succeededIndexes?=1 succeededCount?=2:int32
JobStatus conditions=1:[JobCondition] startTime?=2:Time completionTime?=3:Time active=4:int32 succeeded=5:int32
  failed=6:int32 completedIndexes=7 uncountedTerminatedPods?=8:UncountedTerminatedPods ready?=9:int32
  failedIndexes?=10 terminating?=11:int32
JobCondition type=1 status=2 lastProbeTime=3:Time lastTransitionTime=4:Time reason=5 message=6
UncountedTerminatedPods succeeded=1:[string] failed=2:[string]
CronJob metadata=1:ObjectMeta spec=2:CronJobSpec status=3:CronJobStatus
CronJobSpec schedule=1 startingDeadlineSeconds?=2:int64 concurrencyPolicy=3 suspend?=4:bool
  jobTemplate=5:JobTemplateSpec successfulJobsHistoryLimit?=6:int32 failedJobsHistoryLimit?=7:int32 timeZone?=8
JobTemplateSpec metadata=1:ObjectMeta spec=2:JobSpec
CronJobStatus active=1:[ObjectReference] lastScheduleTime?=4:Time lastSuccessfulTime?=5:Time
Scale metadata=1:ObjectMeta spec=2:ScaleSpec status=3:ScaleStatus
ScaleSpec replicas=1:int32
ScaleStatus replicas=1:int32 selector=2
HorizontalPodAutoscaler metadata=1:ObjectMeta spec=2:HorizontalPodAutoscalerSpec
  status=3:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec scaleTargetRef=1:CrossVersionObjectReference minReplicas?=2:int32 maxReplicas=3:int32
  targetCPUUtilizationPercentage?=4:int32
CrossVersionObjectReference kind=1 name=2 apiVersion=3
HorizontalPodAutoscalerStatus observedGeneration?=1:int64 lastScaleTime?=2:Time currentReplicas=3:int32
  desiredReplicas=4:int32 currentCPUUtilizationPercentage?=5:int32
`;
