// SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception
// What our boards must be: Grafana's own types, with the options and fields of each kind of panel,
// as a JSON file has them (the value of an enum, not its name).
import type {
  Dashboard, DataSourceRef, FieldColor, FieldConfig, GraphFieldConfig, GridPos, LineStyle,
  Panel, StackingConfig, TableCellOptions, TableFieldOptions, ValueMapping, VariableModel,
} from '@grafana/schema';
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type {
  FieldConfig as StateTimelineField, Options as StateTimeline,
} from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Json<T> = T extends string ? `${T}`
  : T extends number | boolean | null | undefined ? T
  : unknown extends T ? T
  : T extends Array<infer U> ? Json<U>[]
  : { [K in keyof T]: Json<T[K]> };

interface Prometheus {
  datasource: DataSourceRef; refId: string; editorMode: 'code'; expr: string;
  format: 'table' | 'time_series'; instant: boolean; range: boolean; legendFormat?: string;
}
interface InfluxQL {
  datasource: DataSourceRef; refId: string; query: string; rawQuery: true;
  resultFormat: 'table' | 'time_series'; alias?: string;
}

type Property =
  | { id: 'color'; value: FieldColor }
  | { id: 'unit'; value: string }
  | { id: 'min' | 'max' | 'custom.fillOpacity' | 'custom.lineWidth'; value: number }
  | { id: 'mappings'; value: ValueMapping[] }
  | { id: 'links'; value: Array<{ title: string; url: string }> }
  | { id: 'custom.stacking'; value: StackingConfig }
  | { id: 'custom.lineStyle'; value: LineStyle }
  | { id: 'custom.cellOptions'; value: TableCellOptions };

interface Fields<Custom> {
  defaults: Omit<FieldConfig, 'custom' | 'links'> & { custom: Custom };
  overrides: Array<{ matcher: { id: 'byName'; options: string }; properties: Property[] }>;
}

type Transformation =
  | { id: 'organize'; options: {
      excludeByName: Record<string, boolean>; indexByName: Record<string, number>;
      renameByName: Record<string, string>; } }
  | { id: 'filterFieldsByName'; options: { exclude: { names: string[] } } }
  | { id: 'merge'; options: Record<string, never> };

type Known = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'transformations' |
  'title' | 'description' | 'gridPos' | 'id' | 'datasource'>;
interface Shown<Type, Options, Custom> extends Known {
  type: Type; options: Options; fieldConfig: Fields<Custom>;
  targets: Prometheus[] | InfluxQL[]; transformations?: Transformation[];
  id: number; title: string; description: string; gridPos: GridPos; datasource: DataSourceRef;
}
interface Row { type: 'row'; id: number; title: string; collapsed: boolean; gridPos: GridPos; panels: []; }

type AnyPanel = Row
  | Shown<'timeseries', TimeSeries, GraphFieldConfig>
  | Shown<'state-timeline', StateTimeline, StateTimelineField>
  | Shown<'stat', Stat, Record<string, never>>
  | Shown<'bargauge', BarGauge, Record<string, never>>
  | Shown<'table', Table, TableFieldOptions>;

interface Import {
  __inputs: Array<{
    name: `DS_${string}`; label: string; description: string; type: 'datasource'; pluginId: string;
    pluginName: string;
  }>;
  __requires: Array<{
    type: 'grafana' | 'panel' | 'datasource'; id: string; name: string; version: string;
  }>;
}

export type Board = Json<Omit<Dashboard, 'panels' | 'uid' | 'title' | 'templating'> & Import & {
  uid: string; title: string; panels: AnyPanel[]; templating: { list: VariableModel[] };
}>;
