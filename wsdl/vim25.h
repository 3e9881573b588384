/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The part of VMware's vim25 interface that we call, in gSOAP's interface language (not C): input
 * of soapcpp2, which writes the serializers into the build folder. Written by hand, because what
 * a newer server sends must never fail a message:
 *
 *   - elements that are not listed are skipped;
 *   - numbers, booleans, dates and enumerations in replies are texts, judged by our own code;
 *   - types that we read ourselves begin with an underscore: xsi:type is then not checked, and one
 *     struct holds the members of all derived types (all faults are struct _vim__fault);
 *   - an anyType is read as its text and the attributes that say what it is (struct _vim__value);
 *     a type that nobody here knows is just a text that nobody reads;
 *   - a property may also be a list or an object: struct _vim__any holds the text and the lists of
 *     all types that we read. A VM has some twenty of them, so it has nothing that is not read.
 *
 * How gSOAP spells things: _USCOREthis is the element _this; xsi__type the attribute xsi:type; a
 * trailing underscore is not part of the XML name; "int __sizeX; T *X" is a list; __mixed is the
 * text between the elements, of which the blanks at its beginning are lost.
 */
//gsoap vim service name: vim
//gsoap vim service namespace: urn:vim25
//gsoap vim service style: document
//gsoap vim service encoding: literal
//gsoap vim schema namespace: urn:vim25
//gsoap vim schema elementForm: qualified
//gsoap vim schema attributeForm: unqualified

struct _vim__moref { // ManagedObjectReference
    @char *type;
    char *__item;
};
struct _vim__value { // xsd:anyType of one text: string, int, boolean, enumeration, reference
    @char *xsi__type;
    @char *type; // of a reference
    char *__item;
};

// ---- faults: the members of all that we read, under the name of each ----
struct _vim__fault {
    @char *xsi__type;
    char *invalidProperty;                    // InvalidArgument
    char *name;                               // InvalidProperty
    struct _vim__moref *obj;                          // ManagedObjectNotFound
    struct _vim__moref *object;                       // NoPermission
    char *privilegeId;                        // NoPermission
};
struct _vim__LocalizedMethodFault {
    struct _vim__fault *fault;
    char *localizedMessage;
};
struct SOAP_ENV__Detail {
    struct _vim__fault *vim__InvalidLoginFault;
    struct _vim__fault *vim__NotAuthenticatedFault;
    struct _vim__fault *vim__NoPermissionFault;
    struct _vim__fault *vim__InvalidArgumentFault;
    struct _vim__fault *vim__ManagedObjectNotFoundFault;
    struct _vim__fault *vim__RequestCanceledFault;
    struct _vim__fault *vim__InvalidPropertyFault;
    struct _vim__fault *vim__InvalidCollectorVersionFault;
    struct _vim__fault *vim__InvalidTypeFault;
    struct _vim__fault *vim__InvalidNameFault;
    struct _vim__fault *vim__InvalidLocaleFault;
    struct _vim__fault *vim__InvalidRequestFault;
    struct _vim__fault *vim__MethodNotFoundFault;
    struct _vim__fault *vim__NotSupportedFault;
    struct _vim__fault *vim__HostConnectFaultFault;
    struct _vim__fault *vim__HostCommunicationFault;
    struct _vim__fault *vim__HostNotReachableFault;
    struct _vim__fault *vim__PasswordExpiredFault;
    struct _vim__fault *vim__SystemErrorFault;
    struct _vim__fault *vim__RuntimeFaultFault;
    struct _vim__fault *vim__MethodFaultFault;
    _XML __any; // every other fault, as it came
};

// ---- data ----
struct _vim__AboutInfo {
    char *name;
    char *fullName;
    char *version;
    char *build;
    char *apiType;
    char *apiVersion;
    char *instanceUuid;
};
struct _vim__ServiceContent {
    struct _vim__moref *rootFolder;
    struct _vim__moref *propertyCollector;
    struct _vim__moref *viewManager;
    struct _vim__AboutInfo *about;
    struct _vim__moref *setting;
    struct _vim__moref *sessionManager;
    struct _vim__moref *perfManager;
};
struct _vim__UserSession {
    char *key;
    char *userName;
};

struct _vim__ElementDescription { // perfCounter's nameInfo, groupInfo and unitInfo
    char *key;
};
struct _vim__PerfCounterInfo {
    char *key;
    struct _vim__ElementDescription *nameInfo;
    struct _vim__ElementDescription *groupInfo;
    struct _vim__ElementDescription *unitInfo;
    char *rollupType;
    char *level;
    char *perDeviceLevel;
};
struct _vim__counters { // ArrayOfPerfCounterInfo
    int __sizePerfCounterInfo;
    struct _vim__PerfCounterInfo *PerfCounterInfo;
};
struct _vim__PerfProviderSummary {
    char *currentSupported;
    char *refreshRate;
};
struct _vim__PerfMetricId {
    char *counterId;
    char *instance;
};
struct _vim__OptionValue {
    char *key;
    struct _vim__value *value;
};

// ---- properties of a VM that are more than a text ----
struct _vim__Description { // a device's deviceInfo
    char *label;
};
struct _vim__DistributedVirtualSwitchPortConnection {
    char *portgroupKey;
};
struct _vim__backing { // of disks and of network adapters
    @char *xsi__type;
    char *fileName;
    struct _vim__moref *datastore;
    char *deviceName;
    struct _vim__moref *network;
    struct _vim__DistributedVirtualSwitchPortConnection *port;
};
struct _vim__VirtualDevice { // controllers, disks, network adapters
    @char *xsi__type;
    char *key;
    struct _vim__Description *deviceInfo;
    struct _vim__backing *backing;
    char *controllerKey;
    char *unitNumber;
    char *busNumber;
};
struct _vim__GuestDiskInfo {
    char *capacity;
    char *freeSpace;
};
struct _vim__any { // ArrayOfVirtualDevice, ArrayOfGuestDiskInfo, ArrayOfOptionValue, OptionValue, texts
    char *__mixed;
    int __sizeVirtualDevice;
    struct _vim__VirtualDevice *VirtualDevice;
    int __sizeGuestDiskInfo;
    struct _vim__GuestDiskInfo *GuestDiskInfo;
    int __sizeOptionValue;
    struct _vim__OptionValue *OptionValue;
    struct _vim__value *value;
};
struct _vim__layout_file { // VirtualMachineFileLayoutExFileInfo
    char *key;
    char *type;
    char *size;
};
struct _vim__layout_unit { // VirtualMachineFileLayoutExDiskUnit
    int __sizefileKey;
    char **fileKey;
};
struct _vim__layout_disk { // VirtualMachineFileLayoutExDiskLayout
    int __sizechain;
    struct _vim__layout_unit *chain;
};
struct _vim__layout { // VirtualMachineFileLayoutEx
    int __sizefile;
    struct _vim__layout_file *file;
    int __sizedisk;
    struct _vim__layout_disk *disk;
};

// ---- property collector: what we send ----
struct _vim__select { // TraversalSpec, said by xsi__type
    @char *xsi__type;
    char *name;
    char *type;
    char *path;
    char *skip;
};
struct vim__ObjectSpec {
    struct _vim__moref *obj;
    char *skip;
    struct _vim__select *selectSet;
};
struct vim__PropertySpec {
    char *type;
    char *all;
    int __sizepathSet;
    char **pathSet;
};
struct vim__PropertyFilterSpec {
    int __sizepropSet;
    struct vim__PropertySpec *propSet;
    int __sizeobjectSet;
    struct vim__ObjectSpec *objectSet;
};
struct vim__RetrieveOptions {
    int *maxObjects;
};
struct vim__WaitOptions {
    int *maxWaitSeconds;
    int *maxObjectUpdates;
};

// ---- property collector: what comes back ----
struct _vim__DynamicProperty {
    char *name;
    struct _vim__any *val;
};
struct _vim__MissingProperty {
    char *path;
    struct _vim__LocalizedMethodFault *fault;
};
struct _vim__ObjectContent {
    struct _vim__moref *obj;
    int __sizepropSet;
    struct _vim__DynamicProperty *propSet;
    int __sizemissingSet;
    struct _vim__MissingProperty *missingSet;
};
struct _vim__RetrieveResult {
    char *token;
    int __sizeobjects;
    struct _vim__ObjectContent *objects;
};
struct _vim__counters_property { // the same three for the property perfCounter
    char *name;
    struct _vim__counters *val;
};
struct _vim__counters_content {
    int __sizepropSet;
    struct _vim__counters_property *propSet;
    int __sizemissingSet;
    struct _vim__MissingProperty *missingSet;
};
struct _vim__counters_result {
    int __sizeobjects;
    struct _vim__counters_content *objects;
};
struct _vim__layout_property { // and for the property layoutEx
    char *name;
    struct _vim__layout *val;
};
struct _vim__layout_content {
    struct _vim__moref *obj;
    int __sizepropSet;
    struct _vim__layout_property *propSet;
    int __sizemissingSet;
    struct _vim__MissingProperty *missingSet;
};
struct _vim__layout_result {
    char *token;
    int __sizeobjects;
    struct _vim__layout_content *objects;
};
struct _vim__PropertyChange {
    char *name;
    char *op;
    struct _vim__any *val;
};
struct _vim__ObjectUpdate {
    char *kind;
    struct _vim__moref *obj;
    int __sizechangeSet;
    struct _vim__PropertyChange *changeSet;
    int __sizemissingSet;
    struct _vim__MissingProperty *missingSet;
};
struct _vim__PropertyFilterUpdate {
    struct _vim__moref *filter;
    int __sizeobjectSet;
    struct _vim__ObjectUpdate *objectSet;
    int __sizemissingSet;
    struct _vim__ObjectUpdate *missingSet;
};
struct _vim__UpdateSet {
    char *version;
    int __sizefilterSet;
    struct _vim__PropertyFilterUpdate *filterSet;
    char *truncated;
};

// ---- performance: what we send, and a reply (the hot path uses neither) ----
struct vim__PerfMetricId {
    int counterId;
    char *instance;
};
struct vim__PerfQuerySpec {
    struct _vim__moref *entity;
    char *startTime;
    char *endTime;
    int *maxSample;
    int __sizemetricId;
    struct vim__PerfMetricId *metricId;
    int *intervalId;
    char *format;
};
struct _vim__PerfSampleInfo {
    char *timestamp;
    char *interval;
};
struct _vim__PerfSeries { // of PerfMetricIntSeries and PerfMetricSeriesCSV
    struct _vim__PerfMetricId *id;
    int __sizevalue;
    char **value;
};
struct _vim__PerfEntity { // of PerfEntityMetric and PerfEntityMetricCSV
    struct _vim__moref *entity;
    int __sizesampleInfo;
    struct _vim__PerfSampleInfo *sampleInfo;
    char *sampleInfoCSV;
    int __sizevalue;
    struct _vim__PerfSeries *value;
};

// ---- replies ----
struct vim__RetrieveServiceContentResponse {
    struct _vim__ServiceContent *returnval;
};
struct vim__LoginResponse {
    struct _vim__UserSession *returnval;
};
struct vim__LogoutResponse {
};
struct vim__SessionIsActiveResponse {
    char *returnval;
};
struct vim__CurrentTimeResponse {
    char *returnval;
};
struct vim__CreateContainerViewResponse {
    struct _vim__moref *returnval;
};
struct vim__DestroyViewResponse {
};
struct vim__CreateFilterResponse {
    struct _vim__moref *returnval;
};
struct vim__DestroyPropertyFilterResponse {
};
struct vim__WaitForUpdatesExResponse {
    struct _vim__UpdateSet *returnval; // absent: nothing new in time
};
struct vim__CancelWaitForUpdatesResponse {
};
struct vim__RetrievePropertiesExResponse {
    struct _vim__RetrieveResult *returnval; // absent: no object matched
};
struct vim__RetrievePropertiesExResponse_ {
    struct _vim__counters_result *returnval;
};
struct vim__RetrievePropertiesExResponse__ {
    struct _vim__layout_result *returnval;
};
struct vim__ContinueRetrievePropertiesExResponse {
    struct _vim__RetrieveResult *returnval;
};
struct vim__ContinueRetrievePropertiesExResponse_ {
    struct _vim__layout_result *returnval;
};
struct vim__QueryOptionsResponse {
    int __sizereturnval;
    struct _vim__OptionValue *returnval;
};
struct vim__QueryPerfProviderSummaryResponse {
    struct _vim__PerfProviderSummary *returnval;
};
struct vim__QueryAvailablePerfMetricResponse {
    int __sizereturnval;
    struct _vim__PerfMetricId *returnval;
};
struct vim__QueryPerfResponse {
    int __sizereturnval;
    struct _vim__PerfEntity *returnval;
};

// ---- operations ----
int vim__RetrieveServiceContent(struct _vim__moref *_USCOREthis,
                                struct vim__RetrieveServiceContentResponse *ret);
int vim__Login(struct _vim__moref *_USCOREthis, char *userName, char *password,
               struct vim__LoginResponse *ret);
int vim__Logout(struct _vim__moref *_USCOREthis, struct vim__LogoutResponse *ret);
int vim__SessionIsActive(struct _vim__moref *_USCOREthis, char *sessionID, char *userName,
                         struct vim__SessionIsActiveResponse *ret);
int vim__CurrentTime(struct _vim__moref *_USCOREthis, struct vim__CurrentTimeResponse *ret);
int vim__CreateContainerView(struct _vim__moref *_USCOREthis, struct _vim__moref *container, char *type,
                             char *recursive, struct vim__CreateContainerViewResponse *ret);
int vim__DestroyView(struct _vim__moref *_USCOREthis, struct vim__DestroyViewResponse *ret);
int vim__CreateFilter(struct _vim__moref *_USCOREthis, struct vim__PropertyFilterSpec *spec,
                      char *partialUpdates, struct vim__CreateFilterResponse *ret);
int vim__DestroyPropertyFilter(struct _vim__moref *_USCOREthis,
                               struct vim__DestroyPropertyFilterResponse *ret);
int vim__WaitForUpdatesEx(struct _vim__moref *_USCOREthis, char *version,
                          struct vim__WaitOptions *options,
                          struct vim__WaitForUpdatesExResponse *ret);
int vim__CancelWaitForUpdates(struct _vim__moref *_USCOREthis,
                              struct vim__CancelWaitForUpdatesResponse *ret);
int vim__RetrievePropertiesEx(struct _vim__moref *_USCOREthis, struct vim__PropertyFilterSpec *specSet,
                              struct vim__RetrieveOptions *options,
                              struct vim__RetrievePropertiesExResponse *ret);
int vim__RetrievePropertiesEx_(struct _vim__moref *_USCOREthis,
                               struct vim__PropertyFilterSpec *specSet,
                               struct vim__RetrieveOptions *options,
                               struct vim__RetrievePropertiesExResponse_ *ret);
int vim__RetrievePropertiesEx__(struct _vim__moref *_USCOREthis,
                                struct vim__PropertyFilterSpec *specSet,
                                struct vim__RetrieveOptions *options,
                                struct vim__RetrievePropertiesExResponse__ *ret);
int vim__ContinueRetrievePropertiesEx(struct _vim__moref *_USCOREthis, char *token,
                                      struct vim__ContinueRetrievePropertiesExResponse *ret);
int vim__ContinueRetrievePropertiesEx_(struct _vim__moref *_USCOREthis, char *token,
                                       struct vim__ContinueRetrievePropertiesExResponse_ *ret);
int vim__QueryOptions(struct _vim__moref *_USCOREthis, char *name, struct vim__QueryOptionsResponse *ret);
int vim__QueryPerfProviderSummary(struct _vim__moref *_USCOREthis, struct _vim__moref *entity,
                                  struct vim__QueryPerfProviderSummaryResponse *ret);
int vim__QueryAvailablePerfMetric(struct _vim__moref *_USCOREthis, struct _vim__moref *entity, char *beginTime,
                                  char *endTime, int *intervalId,
                                  struct vim__QueryAvailablePerfMetricResponse *ret);
int vim__QueryPerf(struct _vim__moref *_USCOREthis, int __sizequerySpec,
                   struct vim__PerfQuerySpec *querySpec, struct vim__QueryPerfResponse *ret);
